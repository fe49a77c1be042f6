using System.Numerics.Tensors;
using Winnow.Attention;
using Winnow.Generation;

namespace Winnow.Lab.Evaluation;

/// <summary>
/// Compares attention methods with full attention: all of them are given the same prompt and then the same tokens, one a
/// step, whatever they would have said; their predictions are compared after each.
/// </summary>
public sealed class MethodComparison : IDisposable
{
    private readonly Engine _engine;
    private readonly SessionOptions _options;
    private readonly Tally[] _tallies;

    /// <summary>Creates a comparison that sums up over any number of texts.</summary>
    /// <param name="engine">The model.</param>
    /// <param name="attentions">The ways to attend that are compared with full attention.</param>
    /// <param name="options">Context length and KV type; its attention is not used.</param>
    public MethodComparison(Engine engine, IReadOnlyList<AttentionOptions> attentions, SessionOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(attentions);
        _engine = engine;
        _options = options ?? new SessionOptions();
        _tallies = [.. attentions.Select(attention => new Tally(attention, new RecoveredMass(engine.Model.Layers)))];
    }

    /// <summary>What was measured so far, in the order of the methods.</summary>
    public IReadOnlyList<ComparisonResult> Results => [.. _tallies.Select(tally => tally.Result)];

    /// <summary>Runs a text.</summary>
    /// <param name="prompt">What is prefilled.</param>
    /// <param name="forced">What follows, one token a step.</param>
    /// <param name="progress">Told the fraction of this text that is done.</param>
    /// <param name="cancellationToken">Stops between tokens and between prefill chunks.</param>
    /// <exception cref="ContextOverflowException">Prompt and forced tokens do not fit the context.</exception>
    public void Add(
        IReadOnlyList<int> prompt, IReadOnlyList<int> forced, IProgress<double>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        ArgumentNullException.ThrowIfNull(forced);
        List<Session> sessions = [];
        double work = (prompt.Count + (double)forced.Count) * (_tallies.Length + 1);
        double done = 0;
        try
        {
            foreach (AttentionOptions attention in (AttentionOptions[])[AttentionOptions.Full, .. _tallies.Select(tally => tally.Attention)])
            {
                Session session = _engine.CreateSession(_options with { Attention = attention });
                sessions.Add(session);
                session.Prefill(prompt, cancellationToken: cancellationToken);
                progress?.Report((done += prompt.Count) / work);
            }

            for (int i = 0; i < _tallies.Length; i++)
            {
                sessions[i + 1].PlanObserver = _tallies[i].Recovered.Observe;
            }

            sessions[0].Diagnostics.Force(
                forced,
                (step, reference) =>
                {
                    for (int i = 0; i < _tallies.Length; i++)
                    {
                        _tallies[i].Add(reference, sessions[i + 1].Diagnostics.Step(forced[step]));
                    }

                    progress?.Report((done += sessions.Count) / work);
                },
                cancellationToken);

            for (int i = 0; i < _tallies.Length; i++)
            {
                _tallies[i].Count(sessions[i + 1].Diagnostics.AttentionStatistics);
            }
        }
        finally
        {
            sessions.ForEach(session => session.Dispose());
        }
    }

    /// <summary>Frees the memory of the measurement.</summary>
    public void Dispose()
    {
        foreach (Tally tally in _tallies)
        {
            tally.Recovered.Dispose();
        }
    }

    /// <summary>The sums of one method.</summary>
    internal sealed class Tally(AttentionOptions attention, RecoveredMass recovered)
    {
        private readonly List<double> _divergences = [];
        private int _agreements;
        private long _attended;
        private long _dense;

        public AttentionOptions Attention => attention;

        public RecoveredMass Recovered => recovered;

        public ComparisonResult Result => new()
        {
            Attention = attention,
            Tokens = _divergences.Count,
            MeanDivergence = _divergences.Count == 0 ? 0 : _divergences.Average(),
            Divergence99 = LogitDivergence.Quantile(_divergences, 0.99),
            TopOneAgreement = _divergences.Count == 0 ? 1 : (double)_agreements / _divergences.Count,
            AttendedFraction = _dense == 0 ? 1 : (double)_attended / _dense,
            RecoveredMass = recovered.ByLayer,
            TopRecall = recovered.RecallByLayer,
        };

        public void Add(ReadOnlySpan<float> reference, ReadOnlySpan<float> other)
        {
            _divergences.Add(LogitDivergence.KullbackLeibler(reference, other));
            _agreements += TensorPrimitives.IndexOfMax(reference) == TensorPrimitives.IndexOfMax(other) ? 1 : 0;
        }

        public void Count(AttentionStatistics statistics)
        {
            _attended += statistics.AttendedRows;
            _dense += statistics.DenseRows;
        }
    }
}
