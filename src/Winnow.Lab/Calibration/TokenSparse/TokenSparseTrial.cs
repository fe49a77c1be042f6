using Winnow.Attention.TokenSparse;
using Winnow.Generation;
using Winnow.Lab.Evaluation;

namespace Winnow.Lab.Calibration.TokenSparse;

/// <summary>Measures what sparse heads cost: how far predictions of the answers to questions move.</summary>
internal sealed class TokenSparseTrial
{
    private readonly CalibrationRun _run;
    private readonly IReadOnlyList<(int[] Prompt, int[] Answer)> _questions;
    private readonly float[][][] _dense;

    private TokenSparseTrial(CalibrationRun run, IReadOnlyList<(int[] Prompt, int[] Answer)> questions)
    {
        _run = run;
        _questions = questions;
        _dense = [.. questions.Select(question => Predict(question.Prompt, question.Answer, AttentionOptions.Full))];
    }

    /// <summary>Prepares the questions; null where the corpus gives none that are long enough for the method to leave anything out.</summary>
    /// <param name="run">The model and the corpus.</param>
    /// <param name="count">How many questions.</param>
    /// <param name="length">Tokens of each.</param>
    public static TokenSparseTrial? Prepare(CalibrationRun run, int count, int length)
    {
        TokenSparseAttention options = new TokenSparseAttention().Tuned(TuningSection.Of(run.Engine.Calibration));
        return length >= 2 * (options.MinimumOf(length) + options.Window) && CalibrationQuestions.Create(run, count, length) is { Count: > 0 } questions
            ? new TokenSparseTrial(run, questions)
            : null;
    }

    /// <summary>The mean divergence from the predictions of full attention, in nats for a token of the answers.</summary>
    /// <param name="heads">The sparse KV heads, ascending, as layer · kvHeads + head.</param>
    /// <param name="coverage">The mass of the tokens that they leave out.</param>
    public double Cost(IReadOnlyList<int> heads, float coverage)
    {
        AttentionOptions options = new() { Prefill = new TokenSparseAttention { Heads = heads, Coverage = coverage, From = 0 } };
        return _questions
            .Select((question, i) => Predict(question.Prompt, question.Answer, options).Zip(_dense[i], (logits, dense) => LogitDivergence.KullbackLeibler(dense, logits)).Average())
            .Average();
    }

    /// <summary>The logits after each token of an answer.</summary>
    private float[][] Predict(int[] prompt, int[] answer, AttentionOptions attention)
    {
        using Session session = _run.Engine.CreateSession(new SessionOptions { Attention = attention, ContextLength = prompt.Length + answer.Length });
        session.Prefill(prompt, cancellationToken: _run.Cancellation);
        float[][] logits = new float[answer.Length][];
        session.Diagnostics.Force(answer, (i, row) => logits[i] = row.ToArray(), _run.Cancellation);
        return logits;
    }
}
