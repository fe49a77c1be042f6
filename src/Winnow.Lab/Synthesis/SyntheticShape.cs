namespace Winnow.Lab.Synthesis;

/// <summary>The shape of a model without its weights: what <see cref="SyntheticModel"/> fills with random numbers.</summary>
public sealed record SyntheticShape
{
    /// <summary>The shapes that have names.</summary>
    public static IReadOnlyList<SyntheticShape> Named { get; } =
    [
        new()
        {
            Name = "llama-3.2-1b", Architecture = "llama", HiddenSize = 2048, Layers = 16, Heads = 32, KvHeads = 8, HeadDim = 64,
            FeedForwardSize = 8192, VocabularySize = 128256, IsTied = true, RopeTheta = 500_000, RopeScale = 32,
        },
        new()
        {
            Name = "llama-3.1-8b", Architecture = "llama", HiddenSize = 4096, Layers = 32, Heads = 32, KvHeads = 8, HeadDim = 128,
            FeedForwardSize = 14336, VocabularySize = 128256, RopeTheta = 500_000, RopeScale = 8,
        },
        new()
        {
            Name = "qwen3-0.6b", Architecture = "qwen3", HiddenSize = 1024, Layers = 28, Heads = 16, KvHeads = 8, HeadDim = 128,
            FeedForwardSize = 3072, VocabularySize = 151936, IsTied = true, RopeTheta = 1_000_000, RmsEpsilon = 1e-6f, ContextLength = 40960,
        },
        new()
        {
            Name = "qwen3-30b-a3b", Architecture = "qwen3moe", HiddenSize = 2048, Layers = 48, Heads = 32, KvHeads = 4, HeadDim = 128,
            FeedForwardSize = 6144, Experts = 128, ExpertsUsed = 8, ExpertFeedForwardSize = 768, VocabularySize = 151936, RopeTheta = 1_000_000,
            RmsEpsilon = 1e-6f, ContextLength = 40960,
        },
        new()
        {
            Name = "llama-tiny", Architecture = "llama", HiddenSize = 256, Layers = 2, Heads = 4, KvHeads = 2, HeadDim = 64,
            FeedForwardSize = 512, VocabularySize = 1024, IsTied = true, RopeTheta = 500_000, RopeScale = 32,
        },
        new()
        {
            Name = "qwen3-tiny", Architecture = "qwen3", HiddenSize = 256, Layers = 2, Heads = 4, KvHeads = 2, HeadDim = 128,
            FeedForwardSize = 512, VocabularySize = 1024, RopeTheta = 1_000_000, RmsEpsilon = 1e-6f, ContextLength = 40960,
        },
        new()
        {
            Name = "qwen3moe-tiny", Architecture = "qwen3moe", HiddenSize = 256, Layers = 2, Heads = 4, KvHeads = 2, HeadDim = 128,
            FeedForwardSize = 512, Experts = 16, ExpertsUsed = 4, ExpertFeedForwardSize = 256, VocabularySize = 1024, RopeTheta = 1_000_000,
            RmsEpsilon = 1e-6f, ContextLength = 40960,
        },
    ];

    /// <summary>What the shape is called.</summary>
    public required string Name { get; init; }

    /// <summary>
    /// The architecture, as GGUF names it: <c>llama</c>, <c>qwen3</c> with norms on queries and keys, or <c>qwen3moe</c> with experts besides.
    /// </summary>
    public required string Architecture { get; init; }

    /// <summary>The width of the residual stream.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>How many layers there are.</summary>
    public required int Layers { get; init; }

    /// <summary>Query heads.</summary>
    public required int Heads { get; init; }

    /// <summary>Key and value heads.</summary>
    public required int KvHeads { get; init; }

    /// <summary>The width of a head.</summary>
    public required int HeadDim { get; init; }

    /// <summary>The inner width of the feed-forward network.</summary>
    public required int FeedForwardSize { get; init; }

    /// <summary>Experts of a layer; 0 for none. They are alike: what is measured is which of their bytes are read.</summary>
    public int Experts { get; init; }

    /// <summary>Experts that a token takes.</summary>
    public int ExpertsUsed { get; init; }

    /// <summary>The inner width of an expert.</summary>
    public int ExpertFeedForwardSize { get; init; }

    /// <summary>How many tokens there are, control tokens included; at least 512.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>Whether the embedding is also the output matrix.</summary>
    public bool IsTied { get; init; }

    /// <summary>The base of the rotary frequencies.</summary>
    public required float RopeTheta { get; init; }

    /// <summary>Llama 3's rotary scaling factor over 8,192 trained positions; 1 for none.</summary>
    public float RopeScale { get; init; } = 1;

    /// <summary>The epsilon of the RMS norms.</summary>
    public float RmsEpsilon { get; init; } = 1e-5f;

    /// <summary>How many positions the model claims.</summary>
    public int ContextLength { get; init; } = 131072;

    /// <summary>Finds a named shape.</summary>
    /// <exception cref="WinnowException">There is none of this name.</exception>
    public static SyntheticShape Find(string name) =>
        Named.FirstOrDefault(shape => shape.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
        ?? throw new WinnowException($"there is no shape '{name}'; choose one of {string.Join(", ", Named.Select(shape => shape.Name))}");
}
