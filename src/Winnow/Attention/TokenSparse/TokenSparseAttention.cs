using System.Globalization;
using Winnow.Calibration;
using Winnow.Compute;
using static Winnow.Limits;

namespace Winnow.Attention.TokenSparse;

/// <summary>
/// Token-sparse attention: in chosen layers each query head computes the attention of a prompt among the tokens that matter
/// to it; the others pass by on the residual stream and can be chosen again in the next layer. The cache stays complete.
/// </summary>
/// <remarks>Jo, Kang, Song, Kim: "Token Sparse Attention", arXiv 2602.03216 (ICML 2026).</remarks>
internal sealed record TokenSparseAttention : PrefillAttention
{
    internal const string Name = "token-sparse";

    /// <summary>The paper's τ for Llama-3.1-8B.</summary>
    internal const float DefaultCoverage = 0.005f;

    internal const int DefaultWindow = 128;
    internal const int DefaultPool = 7;
    internal const int DefaultFrom = 8192;

    /// <summary>Tokens that the paper's heads keep at least.</summary>
    private const int DefaultMinimum = 1024;

    private static readonly Limits<float> CoverageLimits = new(0, 1);
    private static readonly Limits<int> WindowLimits = new(1, 65_536);
    private static readonly Limits<double> PartLimits = new(0, 1);

    /// <summary>
    /// Attention mass of the tokens that are left out (τ); null for that of the calibration file, or else the paper's 0.005. 0
    /// computes everything. 0 to 1.
    /// </summary>
    public float? Coverage { get; init => field = Within(value, CoverageLimits); }

    /// <summary>Last tokens of the prompt: they vote, and every head keeps them. 1 to 65536; default 128, as in the paper.</summary>
    public int Window { get; init => field = Within(value, WindowLimits); } = DefaultWindow;

    /// <summary>Width of the average-pool over the votes (κ): odd, 1 to 4095; default 7, as in the paper.</summary>
    public int Pool { get; init => field = Within(value, PoolWidth); } = DefaultPool;

    /// <summary>Tokens that a head keeps at least, the window not counted; null for 1024, as in the paper. 0 or more.</summary>
    public int? Minimum { get; init => field = Within(value, NotNegative); }

    /// <summary>
    /// Part of the prompt that a head keeps at least, where that is more than <see cref="Minimum"/>. 0 to 1; null for 0, as in the
    /// paper, or where no minimum is set that of the calibration file. A quarter of the tokens has only a sixteenth of the attention.
    /// </summary>
    public double? MinimumPart { get; init => field = Within(value, PartLimits); }

    /// <summary>
    /// The layers that are sparse, with all their heads; null for the calibrated heads, or else the second half, as the paper does for
    /// models that were not measured. 0 to 4095 each.
    /// </summary>
    public IReadOnlyList<int>? Layers { get; init => field = EachWithin(value, Limits.Layers); }

    /// <summary>
    /// Whether the query heads of a KV head share their tokens, and each KV head leaves out its own τ; null for true with calibrated
    /// heads and false otherwise. Deviation: in the paper each query head selects by itself, and all heads of a layer keep as many
    /// tokens as their common mass asks for.
    /// </summary>
    public bool? PerKvHead { get; init; }

    /// <summary>
    /// Tokens of a prompt from which on the method is used; shorter ones are computed in full; 0 for always. In a specification
    /// that names the minimum it is 0 unless given. The default, 8192, follows the paper, whose prompts of 8 K tokens gained nothing.
    /// </summary>
    public int From { get; init => field = Within(value, NotNegative); } = DefaultFrom;

    /// <summary>The sparse KV heads as layer · kvHeads + head, of which a calibration tries some; instead of <see cref="Layers"/>.</summary>
    internal IReadOnlyList<int>? Heads { get; init; }

    internal override string Specification => string.Create(
        CultureInfo.InvariantCulture,
        $"token-sparse:{(Coverage is { } tau ? string.Create(CultureInfo.InvariantCulture, $"tau={tau},") : "")}window={Window},pool={Pool}{(Minimum is { } minimum ? $",min={minimum}" : "")}{(MinimumPart is { } part ? string.Create(CultureInfo.InvariantCulture, $",part={part}") : "")},from={From}{(Layers is { } layers ? $",layers={string.Join('/', layers)}" : "")}{PerKvHead switch { true => ",heads=kv", false => ",heads=query", null => "" }}");

    /// <summary>The first sparse layer of models that were not calibrated, by its place among those without a sliding window.</summary>
    /// <param name="count">Layers without a sliding window.</param>
    internal static int FirstDefaultLayer(int count) => count / 2;

    /// <summary>Tokens that a head keeps at least of a prompt of this length.</summary>
    internal int MinimumOf(int length) => Math.Max(Minimum ?? DefaultMinimum, (int)((MinimumPart ?? 0) * length));

    internal override TokenSparseAttention Tuned(AttentionTuning tuning) => tuning.Find<TokenSparseAttention>() is not { } tuned ? this : this with
    {
        Coverage = Coverage ?? tuned.Coverage,
        MinimumPart = MinimumPart ?? (Minimum is null ? tuned.MinimumPart : null),
    };

    internal override string? Uncalibrated(ModelCalibration calibration) => Layers is null && Heads is null
        ? calibration.NoteWithout(Name, "the second half of the layers is sparse, whatever these layers do")
        : null;

    internal override PrefillMethod CreateMethod(MethodSetup setup, RowSelector selector) => new TokenSparseMethod(this, setup, selector);

    internal static TokenSparseAttention Read(SpecKeys keys)
    {
        TokenSparseAttention defaults = new();
        bool perKvHead = keys.Choice("heads", "query", "kv") == "kv";
        return new TokenSparseAttention
        {
            Coverage = keys.Number("tau", CoverageLimits),
            Window = keys.Number("window", WindowLimits) ?? defaults.Window,
            Pool = keys.Number("pool", PoolWidth) ?? defaults.Pool,
            Minimum = keys.Number("min", NotNegative),
            MinimumPart = keys.Number("part", PartLimits),
            From = keys.Number("from", NotNegative) ?? (keys.Has("min") ? 0 : defaults.From),
            Layers = keys.Integers("layers"),
            PerKvHead = keys.Has("heads") ? perKvHead : null,
        };
    }
}
