using System.Globalization;

namespace Winnow.Attention.TokenSparse;

/// <summary>
/// Token-sparse attention: in chosen layers each query head computes the attention of a prompt among the tokens that matter
/// to it; the others pass by on the residual stream and can be chosen again in the next layer. The cache stays complete.
/// </summary>
/// <remarks>Jo, Kang, Song, Kim: "Token Sparse Attention", arXiv 2602.03216 (ICML 2026).</remarks>
public sealed record TokenSparseAttention : PrefillAttention
{
    internal const string Name = "token-sparse";

    /// <summary>The coverage of models that were not calibrated.</summary>
    /// <remarks>
    /// Deviation: 0.005 in the paper, for half of the layers, which keeps nine tenths of the bundled model's tokens and so saves
    /// nothing. More mass is left out here, in fewer layers: see <see cref="FirstDefaultLayer"/>.
    /// </remarks>
    internal const float DefaultCoverage = 0.05f;

    /// <summary>Attention mass of the tokens that are left out (τ); null for that of the calibration, or 0.05. 0 computes everything.</summary>
    public float? Coverage { get; init; }

    /// <summary>Last tokens of the prompt: they vote, and every head keeps them; default 128.</summary>
    public int Window { get; init; } = 128;

    /// <summary>Width of the average-pool over the votes (κ); odd; default 7.</summary>
    public int Pool { get; init; } = 7;

    /// <summary>
    /// Tokens that a head keeps at least, the window not counted; null for a quarter of the prompt, 1024 at least. Deviation: always
    /// 1024 in the paper. A quarter of the tokens has only a sixteenth of the attention.
    /// </summary>
    public int? Minimum { get; init; }

    /// <summary>The layers that are sparse, with all their heads; null for the calibrated heads, or else the last five twelfths, rounded up.</summary>
    public IReadOnlyList<int>? Layers { get; init; }

    /// <summary>
    /// Whether the query heads of a KV head share their tokens, and each KV head leaves out its own τ; null for true with calibrated
    /// heads and false otherwise. Deviation: in the paper each query head selects by itself, and all heads of a layer keep as many
    /// tokens as their common mass asks for.
    /// </summary>
    public bool? PerKvHead { get; init; }

    /// <summary>
    /// Tokens of a prompt from which on the method is used; shorter ones are computed in full; 0 for always. In a specification
    /// that names the minimum it is 0 unless given. The default follows the paper, whose prompts of 8 K tokens gained nothing.
    /// </summary>
    public int From { get; init; } = 8192;

    /// <summary>The sparse KV heads as layer · kvHeads + head, of which a calibration tries some; instead of <see cref="Layers"/>.</summary>
    internal IReadOnlyList<int>? Heads { get; init; }

    /// <summary>The first sparse layer of models that were not calibrated, by its place among those without a sliding window.</summary>
    /// <remarks>
    /// Deviation: the second half in the paper. Of 12 layers of the bundled model, the sixth from the end finds what a question
    /// asks for: tokens that it leaves out lose answers, while the last five may leave out most of them.
    /// </remarks>
    /// <param name="count">Layers without a sliding window.</param>
    internal static int FirstDefaultLayer(int count) => 7 * count / 12;

    /// <summary>Tokens that a head keeps at least of a prompt of this length.</summary>
    internal int MinimumOf(int length) => Minimum ?? Math.Max(1024, length / 4);

    internal override string Specification => string.Create(
        CultureInfo.InvariantCulture,
        $"token-sparse:{(Coverage is { } tau ? $"tau={tau}," : "")}window={Window},pool={Pool}{(Minimum is { } minimum ? $",min={minimum}" : "")},from={From}{(Layers is { } layers ? $",layers={string.Join('/', layers)}" : "")}{PerKvHead switch { true => ",heads=kv", false => ",heads=query", null => "" }}");

    internal override PrefillMethod CreateMethod(MethodSetup setup) => new TokenSparseMethod(this, setup);

    internal static TokenSparseAttention Read(SpecKeys keys)
    {
        TokenSparseAttention defaults = new();
        bool perKvHead = keys.Choice("heads", "query", "kv") == "kv";
        return new TokenSparseAttention
        {
            Coverage = keys.Number("tau", 0, 1),
            Window = keys.Integer("window", 1, 65_536) ?? defaults.Window,
            Pool = keys.OddInteger("pool") ?? defaults.Pool,
            Minimum = keys.Integer("min", 0, int.MaxValue),
            From = keys.Integer("from", 0, int.MaxValue) ?? (keys.Has("min") ? 0 : defaults.From),
            Layers = keys.Integers("layers"),
            PerKvHead = keys.Has("heads") ? perKvHead : null,
        };
    }
}
