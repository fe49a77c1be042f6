using System.Diagnostics;
using System.Text;
using Winnow.Generation;
using Winnow.Sampling;

namespace Winnow.Lab.Evaluation;

/// <summary>
/// Answers long-context cases under several attention methods on one loaded model, greedily, and scores the answers. Methods
/// that compute prompts alike share that work.
/// </summary>
public sealed class Ruler
{
    private readonly Engine _engine;
    private readonly IReadOnlyList<AttentionOptions> _attentions;
    private readonly SessionOptions _options;

    /// <summary>Creates a runner.</summary>
    /// <param name="engine">The model.</param>
    /// <param name="attentions">The ways to attend.</param>
    /// <param name="options">Context length and KV type; its attention is not used.</param>
    public Ruler(Engine engine, IReadOnlyList<AttentionOptions> attentions, SessionOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(attentions);
        ArgumentOutOfRangeException.ThrowIfZero(attentions.Count, nameof(attentions));
        _engine = engine;
        _attentions = attentions;
        _options = options ?? new SessionOptions();
    }

    /// <summary>Runs cases under every method. Cases that do not fit the context are left out and counted.</summary>
    /// <param name="cases">The cases.</param>
    /// <param name="visit">Called after each case and method; null for nobody.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancellationToken">Stops between tokens and between prefill chunks.</param>
    /// <returns>A result for each method, in their order.</returns>
    public IReadOnlyList<RulerResult> Run(
        IReadOnlyList<EvaluationCase> cases,
        Action<RulerOutcome>? visit = null,
        IProgress<RulerProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(cases);
        List<RulerOutcome>[] outcomes = [.. _attentions.Select(_ => new List<RulerOutcome>())];
        double total = cases.Sum(item => (double)item.TargetLength) * _attentions.Count;
        double done = 0;
        int context = _options.ContextLength ?? _engine.Model.ContextLength;
        int skipped = 0;
        foreach (EvaluationCase item in cases)
        {
            int[] prompt = _engine.Tokenizer.Encode(item.Prompt, addSpecial: true, parseSpecial: true, cancellationToken: cancellationToken);
            if (prompt.Length + item.OutputTokens > context)
            {
                skipped++;
                done += (double)item.TargetLength * _attentions.Count;
                continue;
            }

            using Session? shared = SharePrefix(prompt, out TimeSpan sharedTime, Report, cancellationToken);
            for (int i = 0; i < _attentions.Count; i++)
            {
                AttentionOptions attention = _attentions[i];
                bool shares = shared is not null && Shares(attention);
                using Session session = shares ? shared!.Fork(attention) : _engine.CreateSession(_options with { Attention = attention });
                RulerOutcome outcome = Answer(session, item, prompt, shares ? sharedTime : TimeSpan.Zero, Report, cancellationToken);
                outcomes[i].Add(outcome);
                done += item.TargetLength;
                progress?.Report(new RulerProgress(done, total, item));
                visit?.Invoke(outcome);
            }

            void Report(PrefillProgress prefill) => progress?.Report(new RulerProgress(
                Math.Min(done + ((double)prefill.Done / prefill.Total * item.TargetLength), total), total, item));
        }

        return [.. _attentions.Select((attention, i) => new RulerResult(attention, new RulerScore(outcomes[i])) { Skipped = skipped })];
    }

    /// <summary>Whether a method computes the beginning of a prompt as all others do.</summary>
    private static bool Shares(AttentionOptions attention) => attention is { Prefill: null, Transform: null };

    /// <summary>Computes what methods without a prefill method share of a prompt; null where fewer than two of them could.</summary>
    private Session? SharePrefix(int[] prompt, out TimeSpan time, Action<PrefillProgress> report, CancellationToken cancellationToken)
    {
        time = TimeSpan.Zero;
        // Each method reads the last chunk itself, and what else it looks at: it learns from the queries of what it reads.
        int sharedTokens = prompt.Length - _engine.Placement.Max(part => part.Device.PreferredChunk);
        if (sharedTokens <= 0 || _attentions.Count(Shares) < 2)
        {
            return null;
        }

        Session session = _engine.CreateSession(_options with { Attention = AttentionOptions.Full });
        try
        {
            long start = Stopwatch.GetTimestamp();
            session.Prefill(prompt[..sharedTokens], progress: new Callback(report), cancellationToken: cancellationToken);
            time = Stopwatch.GetElapsedTime(start);
            return session;
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    private static RulerOutcome Answer(
        Session session, EvaluationCase item, int[] prompt, TimeSpan sharedTime, Action<PrefillProgress> report, CancellationToken cancellationToken)
    {
        GenerationOptions options = new()
        {
            MaxTokens = item.OutputTokens,
            Sampling = SamplingOptions.Greedy,
            Progress = new Callback(report),
        };
        StringBuilder output = new();
        foreach (GeneratedToken token in session.Generate(prompt, options, cancellationToken))
        {
            output.Append(token.Text);
        }

        GenerationStatistics statistics = session.LastGeneration!;
        string text = output.ToString();
        return new RulerOutcome
        {
            Case = item,
            Attention = session.Attention,
            Output = text,
            IsRight = item.IsAnsweredBy(text),
            PromptTokens = prompt.Length,
            Prefill = sharedTime + statistics.Prefill,
            DecodeSteps = statistics.GeneratedTokens - 1,
            Decode = statistics.Decode,
            AttendedRows = session.Diagnostics.AttentionStatistics.AttendedRows,
            DenseRows = session.Diagnostics.AttentionStatistics.DenseRows,
            KvResidentBytes = session.Diagnostics.KvResidentBytes,
        };
    }

    private sealed class Callback(Action<PrefillProgress> report) : IProgress<PrefillProgress>
    {
        public void Report(PrefillProgress value) => report(value);
    }
}
