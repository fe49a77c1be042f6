using Winnow.Attention;
using Winnow.Attention.TokenSparse;
using Winnow.Evaluation;
using Winnow.Generation;

namespace Winnow.Calibration;

/// <summary>Measures what sparse layers cost: how much less likely the answers to questions become.</summary>
internal sealed class TokenSparseTrial
{
    private readonly CalibrationRun _run;
    private readonly IReadOnlyList<(int[] Prompt, int[] Answer)> _questions;
    private readonly double[] _dense;

    private TokenSparseTrial(CalibrationRun run, IReadOnlyList<(int[] Prompt, int[] Answer)> questions)
    {
        _run = run;
        _questions = questions;
        _dense = [.. questions.Select(question => Loss(question.Prompt, question.Answer, AttentionOptions.Full))];
    }

    /// <summary>Prepares the questions; null where the corpus gives none that are long enough for the method to leave anything out.</summary>
    /// <param name="run">The model and the corpus.</param>
    /// <param name="count">How many questions.</param>
    /// <param name="length">Tokens of each.</param>
    public static TokenSparseTrial? Prepare(CalibrationRun run, int count, int length)
    {
        TokenSparseAttention options = new();
        return length >= 2 * (options.Minimum + options.Window) && CalibrationQuestions.Create(run, count, length) is { Count: > 0 } questions
            ? new TokenSparseTrial(run, questions)
            : null;
    }

    /// <summary>
    /// The mean rise of −log p for a token of the answers. An answer that became likelier counts as unchanged: it must not
    /// hide another one that was lost.
    /// </summary>
    /// <param name="layers">The sparse layers.</param>
    /// <param name="coverage">The mass of the tokens that they leave out.</param>
    /// <param name="perKvHead">Whether the query heads of a group share their tokens.</param>
    public double Cost(IReadOnlyList<int> layers, float coverage, bool perKvHead = false)
    {
        AttentionOptions options = new() { Prefill = new TokenSparseAttention { Layers = layers, Coverage = coverage, PerKvHead = perKvHead, From = 0 } };
        return _questions.Select((question, i) => Math.Max(0, Loss(question.Prompt, question.Answer, options) - _dense[i])).Average();
    }

    /// <summary>Mean −log p of the tokens of an answer but the first, which the prompt's end gives.</summary>
    private double Loss(int[] prompt, int[] answer, AttentionOptions attention)
    {
        using Session session = _run.Engine.CreateSession(new SessionOptions { Attention = attention, ContextLength = prompt.Length + answer.Length });
        session.Prefill(prompt, cancellationToken: _run.Cancellation);
        double sum = 0;
        for (int i = 0; i < answer.Length - 1; i++)
        {
            _run.Cancellation.ThrowIfCancellationRequested();
            sum += LogitDivergence.NegativeLogLikelihood(session.Step(answer[i]), answer[i + 1]);
        }

        return sum / Math.Max(1, answer.Length - 1);
    }
}
