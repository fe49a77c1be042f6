using Winnow.Attention;
using Winnow.Attention.A2ats;
using Winnow.Compute;
using Winnow.Generation;
using Winnow.Lab.Evaluation;

namespace Winnow.Lab.Calibration.A2ats;

/// <summary>
/// Measures how far predictions of answers move if one KV head reads what A²ATS chooses and all others everything: heads that
/// find what was asked for, and those that spread their attention widely, show themselves.
/// </summary>
internal sealed class A2atsTrial
{
    private const int QuestionTokens = 8192;
    private const int DefaultQuestions = 7;
    private const int DefaultSteps = 32;

    /// <summary>Heads of layers that lose less than this (nats for each token) if all of them read as little as possible are not looked at one by one.</summary>
    private const double Negligible = 5e-4;

    private readonly AttentionLayers _layers;
    private readonly double[] _budgets;
    private readonly float[] _losses;

    private A2atsTrial(AttentionLayers layers)
    {
        _layers = layers;
        int heads = layers.Count * layers.GlobalShape.KvHeads;
        _budgets = new double[heads];
        _losses = new float[heads * HeadBudgets.Levels.Count];
    }

    /// <summary>Measures the losses, [layers, kvHeads, <see cref="HeadBudgets.Levels"/>] in nats for each token; null where the corpus gives no questions.</summary>
    /// <param name="run">The model and the corpus.</param>
    /// <param name="calibration">The codebooks.</param>
    /// <param name="questionCount">How many questions.</param>
    /// <param name="steps">Tokens of each answer, at most.</param>
    public static float[]? Measure(
        CalibrationRun run, A2atsCalibration calibration, int questionCount = DefaultQuestions, int steps = DefaultSteps)
    {
        int length = Math.Min(run.TokenLimit(QuestionTokens), Math.Min(QuestionTokens, run.Engine.Model.ContextLength));
        A2atsAttention defaults = new A2atsAttention().Tuned(TuningSection.Of(run.Engine.Calibration));
        IReadOnlyList<(int[] Prompt, int[] Answer)> questions = length < 2 * ((defaults.Window ?? A2atsAttention.DefaultWindow) + defaults.Sink)
            ? []
            : CalibrationQuestions.Create(run, questionCount, length);
        if (questions.Count == 0)
        {
            return null;
        }

        A2atsTrial trial = new(run.Engine.Transformer.AttentionLayers);
        for (int i = 0; i < questions.Count; i++)
        {
            run.Report("what heads need", (2 + ((double)i / questions.Count)) / 3);
            trial.Add(run, calibration, questions[i].Prompt, questions[i].Answer[..Math.Min(steps, questions[i].Answer.Length)]);
        }

        return Array.ConvertAll(trial._losses, loss => loss / questions.Count);
    }

    private void Add(CalibrationRun run, A2atsCalibration calibration, int[] prompt, int[] answer)
    {
        Probe probe = new(calibration with { Budgets = _budgets });
        using Session session = run.Engine.CreateSession(
            new SessionOptions { Attention = new AttentionOptions { Decode = probe }, ContextLength = prompt.Length + answer.Length });
        session.Prefill(prompt, cancellationToken: run.Cancellation);
        Array.Fill(_budgets, 1);
        float[][] reference = new float[answer.Length][];
        session.Diagnostics.Force(answer, (i, logits) => reference[i] = logits.ToArray(), run.Cancellation);
        int kvHeads = _layers.GlobalShape.KvHeads;
        int levels = HeadBudgets.Levels.Count;
        foreach (int layer in _layers.Global)
        {
            Range heads = (layer * kvHeads)..((layer + 1) * kvHeads);
            double together = Loss(heads, HeadBudgets.Levels[0]);
            for (int head = layer * kvHeads; head < (layer + 1) * kvHeads; head++)
            {
                for (int level = 0; level < levels; level++)
                {
                    _losses[(head * levels) + level] += (float)(together < Negligible
                        ? together / kvHeads
                        : Loss(head..(head + 1), HeadBudgets.Levels[level]));
                }
            }
        }

        double Loss(Range heads, double rho)
        {
            Array.Fill(_budgets, 1);
            _budgets.AsSpan(heads).Fill(rho);
            session.Truncate(prompt.Length);
            double sum = 0;
            session.Diagnostics.Force(answer, (i, logits) => sum += LogitDivergence.KullbackLeibler(reference[i], logits), run.Cancellation);
            return sum / answer.Length;
        }
    }

    /// <summary>A²ATS with budgets that change between steps.</summary>
    private sealed record Probe(A2atsCalibration Calibration) : DecodeAttention
    {
        internal override string Specification => "a2ats-trial";

        internal override DecodeMethod CreateMethod(MethodSetup setup, RowSelector selector) =>
            new A2atsMethod(new A2atsAttention().Tuned(TuningSection.Of(setup.Calibration)), setup, Calibration, selector);
    }
}
