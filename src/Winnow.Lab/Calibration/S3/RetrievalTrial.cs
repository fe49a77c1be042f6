using Winnow.Generation;
using Winnow.Lab.Evaluation;
using Winnow.Retrieval;
using Winnow.Retrieval.Search;

namespace Winnow.Lab.Calibration.S3;

/// <summary>A generated case to measure retrieval with: a document, a question, and what the evidence must hold.</summary>
/// <param name="Document">The text that is searched.</param>
/// <param name="Question">What is asked.</param>
/// <param name="Expected">Texts that evidence must contain.</param>
internal sealed record RetrievalTrial(string Document, string Question, IReadOnlyList<string> Expected)
{
    /// <summary>Kinds of cases whose evidence is one passage.</summary>
    private static readonly string[] Tasks = ["niah_single", "niah_multikey", "kv_lookup", "passage_copy"];

    /// <summary>Parts of the document at which <see cref="Recall"/> looks.</summary>
    private static readonly double[] Budgets = [0.01, 0.02, 0.04, 0.08, 0.16];

    /// <summary>Makes trials from a text.</summary>
    /// <param name="engine">The model.</param>
    /// <param name="text">Facts are hidden in it.</param>
    /// <param name="length">Tokens of a document.</param>
    /// <param name="count">Trials of each kind.</param>
    /// <param name="seed">Chooses facts and places.</param>
    /// <exception cref="WinnowException">The text is too short to hide anything in.</exception>
    public static IReadOnlyList<RetrievalTrial> Create(Engine engine, string text, int length, int count, int seed)
    {
        List<RetrievalTrial> trials = [];
        try
        {
            CaseGenerator generator = new(engine, text);
            foreach (string task in Tasks)
            {
                try
                {
                    trials.AddRange(generator.Create(task, length, count, seed).Select(item => Of(engine, item)).OfType<RetrievalTrial>());
                }
                catch (EvaluationTextException) when (task == "passage_copy")
                {
                    // Not every text has passages to copy.
                }
            }
        }
        catch (EvaluationTextException e)
        {
            throw new WinnowException($"s3: the corpus does not serve to generate questions: {e.Message}", e);
        }

        return trials;
    }

    /// <summary>How early a ranking of tokens brings the evidence: the mean over several budgets of whether it was found.</summary>
    /// <param name="state">The document's units.</param>
    /// <param name="density">Smoothed scores, [tokens].</param>
    public double Recall(IndexState state, float[] density)
    {
        int found = 0;
        foreach (double budget in Budgets)
        {
            EvidenceSelection selection = new(state, (int)(budget * state.Tokens));
            FeatureSearch.Take(state, density, selection, selection.Remaining);
            IReadOnlyList<EvidenceSpan> spans = selection.Spans();
            found += Expected.All(text => spans.Any(span => span.Text.Contains(text, StringComparison.Ordinal))) ? 1 : 0;
        }

        return (double)found / Budgets.Length;
    }

    private static RetrievalTrial? Of(Engine engine, EvaluationCase item)
    {
        int[] prompt = engine.Tokenizer.Encode(item.Prompt, addSpecial: true, parseSpecial: true);
        return PromptParts.Split(prompt, engine.Tokenizer) is { } parts ? new RetrievalTrial(parts.Document, parts.Question, item.Expected) : null;
    }
}
