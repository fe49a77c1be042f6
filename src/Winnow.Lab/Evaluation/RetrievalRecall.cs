using System.Diagnostics;
using Winnow.Documents;
using Winnow.Generation;
using Winnow.Retrieval;

namespace Winnow.Lab.Evaluation;

/// <summary>Measures the recall of evidence on long-context cases: a case counts where the spans that were found hold every expected text.</summary>
public static class RetrievalRecall
{
    /// <summary>Runs cases; those whose prompt has no document before its last paragraph are passed over.</summary>
    /// <param name="engine">The model.</param>
    /// <param name="cases">The cases.</param>
    /// <param name="search">Budget and shares of the hybrid search; the pure ones spend the same budget.</param>
    /// <param name="options">How documents are scanned.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancellationToken">Stops between chunks.</param>
    /// <returns>A score for each task and length, then one for all.</returns>
    public static IReadOnlyList<RetrievalScore> Run(
        Engine engine,
        IReadOnlyList<EvaluationCase> cases,
        SearchOptions search,
        IndexOptions options,
        IProgress<RulerProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(cases);
        ArgumentNullException.ThrowIfNull(search);
        List<Outcome> outcomes = [];
        double total = cases.Sum(item => (double)item.TargetLength);
        double done = 0;
        foreach (EvaluationCase item in cases)
        {
            int[] prompt = engine.Tokenizer.Encode(item.Prompt, addSpecial: true, parseSpecial: true, cancellationToken: cancellationToken);
            if (PromptParts.Split(prompt, engine.Tokenizer) is { } parts)
            {
                outcomes.Add(Run(engine, item, parts, search, options, cancellationToken));
            }

            done += item.TargetLength;
            progress?.Report(new RulerProgress(done, total, item));
        }

        return
        [
            .. outcomes.GroupBy(outcome => (outcome.Case.Task, outcome.Case.TargetLength)).Select(group => Score(group.Key.Task, group.Key.TargetLength, [.. group])),
            .. outcomes.Count > 0 ? [Score("all", 0, outcomes)] : Array.Empty<RetrievalScore>(),
        ];
    }

    private static Outcome Run(
        Engine engine, EvaluationCase item, PromptParts parts, SearchOptions search, IndexOptions options, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        using DocumentIndex index = DocumentIndex.Build(engine, [Document.FromText("case", parts.Document)], null, options, null, cancellationToken);
        double scanMs = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        bool? features = index.HasFeatures ? Finds(search with { Bm25 = 0, Edges = 0 }, out _) : null;
        bool words = Finds(search with { Bm25 = 1, Edges = 0 }, out _);
        start = Stopwatch.GetTimestamp();
        bool hybrid = Finds(search, out int tokens);
        return new Outcome(
            item, features, words, hybrid, (double)tokens / Math.Max(1, index.Tokens), scanMs, Stopwatch.GetElapsedTime(start).TotalMilliseconds);

        bool Finds(SearchOptions how, out int evidenceTokens)
        {
            IReadOnlyList<EvidenceSpan> spans = index.Search(parts.Question, how, cancellationToken);
            evidenceTokens = spans.Sum(span => span.EndToken - span.FirstToken);
            return item.Expected.All(expected => spans.Any(span => span.Text.Contains(expected, StringComparison.Ordinal)));
        }
    }

    private static RetrievalScore Score(string task, int length, List<Outcome> outcomes) => new(
        task,
        length,
        outcomes.Count,
        outcomes[0].Features is null ? null : outcomes.Average(outcome => outcome.Features == true ? 1.0 : 0),
        outcomes.Average(outcome => outcome.Words ? 1.0 : 0),
        outcomes.Average(outcome => outcome.Hybrid ? 1.0 : 0),
        outcomes.Average(outcome => outcome.EvidenceFraction),
        outcomes.Average(outcome => outcome.ScanMs),
        outcomes.Average(outcome => outcome.SearchMs));

    private sealed record Outcome(EvaluationCase Case, bool? Features, bool Words, bool Hybrid, double EvidenceFraction, double ScanMs, double SearchMs);
}
