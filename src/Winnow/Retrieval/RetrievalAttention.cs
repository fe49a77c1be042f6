using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.CompilerServices;
using Winnow.Attention;
using Winnow.Calibration;
using Winnow.Generation;

namespace Winnow.Retrieval;

/// <summary>S³ as an attention method: the document of a long prompt is scanned once, and the model reads the evidence only.</summary>
/// <remarks>
/// arXiv 2601.17702. The last paragraph of the longest message is the question, what stands before it is the document; asked
/// again about the same document, a session does not scan it again. Attention itself is not changed: any method may be combined.
/// </remarks>
internal sealed record RetrievalAttention : PromptTransform
{
    /// <summary>What specifications call the method.</summary>
    internal const string Name = "s3";

    /// <summary>How much evidence, and by which means.</summary>
    public SearchOptions Search { get; init; } = new();

    /// <summary>How the document is scanned.</summary>
    public IndexOptions Index { get; init; } = new();

    internal override string Specification
    {
        get
        {
            SearchOptions defaults = new();
            List<string> keys = [];
            Add("budget", Search.Budget, defaults.Budget);
            Add("bm25", Search.Bm25, defaults.Bm25);
            Add("edges", Search.Edges, defaults.Edges);
            Add("chunk", Index.ChunkTokens, new IndexOptions().ChunkTokens);
            if (Search.Layers is { } layers)
            {
                keys.Add($"layers={string.Join('/', layers)}");
            }

            return keys.Count == 0 ? Name : $"{Name}:{string.Join(',', keys)}";

            void Add(string key, double value, double ordinary)
            {
                if (value != ordinary)
                {
                    keys.Add(string.Create(CultureInfo.InvariantCulture, $"{key}={value}"));
                }
            }
        }
    }

    internal override IPromptTransformer CreateTransformer(Engine engine, int contextLength) => new PromptRetrieval(engine, this, contextLength);

    /// <summary>Makes the method known to specifications, which lie in a room below this one.</summary>
    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "Costs one dictionary entry, and spares every caller a call to register what the assembly contains.")]
    internal static void Register() => AttentionSpec.Register(Name, Read);

    internal override string? Uncalibrated(ModelCalibration calibration) => Index.WordsOnly
        ? null
        : calibration.NoteWithout(Name, "evidence is found by words alone (BM25)");

    internal static RetrievalAttention Read(SpecKeys keys)
    {
        SearchOptions defaults = new();
        return new RetrievalAttention
        {
            Search = defaults with
            {
                Budget = keys.Number("budget", SearchOptions.BudgetLimits) ?? defaults.Budget,
                Bm25 = keys.Number("bm25", SearchOptions.ShareLimits) ?? defaults.Bm25,
                Edges = keys.Number("edges", SearchOptions.ShareLimits) ?? defaults.Edges,
                Layers = keys.Integers("layers"),
            },
            Index = new IndexOptions { ChunkTokens = keys.Number("chunk", IndexOptions.ChunkLimits) ?? new IndexOptions().ChunkTokens },
        };
    }
}
