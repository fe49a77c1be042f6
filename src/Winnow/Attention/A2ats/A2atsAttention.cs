using System.Globalization;
using Winnow.Cache;

namespace Winnow.Attention.A2ats;

/// <summary>
/// A²ATS: each query head reads the tokens whose vector-quantised keys score highest, besides the first and the newest ones.
/// Codes of two bytes per token and KV head decide; keys and values themselves may lie on disk.
/// </summary>
/// <remarks>He et al.: "A²ATS: Retrieval-Based KV Cache Reduction via Windowed Rotary Position Embedding and Query-Aware Vector Quantization", arXiv 2502.12665 (Findings of ACL 2025).</remarks>
public sealed record A2atsAttention : DecodeAttention
{
    /// <summary>What specifications and calibration files call the method.</summary>
    internal const string Name = "a2ats";

    /// <summary><see cref="Codebook"/> of a session that makes its own from its prompt.</summary>
    public const string Online = "online";

    /// <summary>The distance at which all far tokens are scored, where there is room for it.</summary>
    /// <remarks>
    /// Deviation: 2048 in the paper. With exact scores, the bundled model lost 0.074 per token of the reference answers of hard
    /// cases of 8 K tokens at a distance of 4096, 0.106 at 2048, 0.087 at 8192, and 0.065 with full attention.
    /// </remarks>
    private const int LargestFar = 4096;

    private const long MiB = 1 << 20;

    /// <summary>
    /// The part of the context that a KV head reads by default for query heads that choose independently of each other. With
    /// window and sinks that is less than 12 % of 8 K tokens.
    /// </summary>
    private const double DefaultReads = 0.094;

    /// <summary>
    /// Far tokens that each query head reads, as a part of the context and on average over the heads; null for
    /// <see cref="DefaultRho"/>, which lets a KV head read less than a tenth of the context for all its query heads together.
    /// </summary>
    public double? Rho { get; init; }

    /// <summary>Far tokens that each query head reads, as a number; null to go by <see cref="Rho"/>.</summary>
    public int? Budget { get; init; }

    /// <summary>Newest tokens that are always read; default 256.</summary>
    /// <remarks>
    /// Deviation: 64 in the paper. Of questions about several facts in 8 K tokens the bundled model answered 7 of 9 with 256
    /// and a smaller <see cref="Rho"/>, and 5 of 9 with 64 and a larger one, at the same number of rows.
    /// </remarks>
    public int Window { get; init; } = 256;

    /// <summary>The distance at which all far tokens are scored; null for that of the calibration, or 4096, or half the model's context if that is less.</summary>
    public int? Far { get; init; }

    /// <summary>First tokens that are always read; default 8.</summary>
    public int Sink { get; init; } = 8;

    /// <summary>Centroids of a codebook that the session makes; null for its own choice. A codebook from a file must have as many.</summary>
    public int? Centroids { get; init; }

    /// <summary>A codebook file, or <c>online</c>; null for that of the model's calibration, and where there is none, online.</summary>
    public string? Codebook { get; init; }

    /// <summary>Where keys and values lie; default memory.</summary>
    public KvTier Tier { get; init; } = KvTier.Memory;

    /// <summary>Bytes of keys and values that stay in memory when they lie on disk; default 512 MiB.</summary>
    public long ResidentBytes { get; init; } = 512 * MiB;

    internal override KvPlacement Placement => new(Tier, ResidentBytes);

    internal override string Specification
    {
        get
        {
            CultureInfo culture = CultureInfo.InvariantCulture;
            List<string> keys =
            [
                string.Create(culture, $"window={Window},sink={Sink}"),
            ];
            if (Rho is { } rho)
            {
                keys.Insert(0, string.Create(culture, $"rho={rho}"));
            }

            if (Budget is { } budget)
            {
                keys.Insert(0, string.Create(culture, $"budget={budget}"));
            }

            if (Far is { } far)
            {
                keys.Add(string.Create(culture, $"far={far}"));
            }

            if (Centroids is { } centroids)
            {
                keys.Add(string.Create(culture, $"centroids={centroids}"));
            }

            if (Codebook is { } codebook)
            {
                keys.Add($"codebook={codebook}");
            }

            if (Tier == KvTier.Disk)
            {
                keys.Add(string.Create(culture, $"tier=disk,resident={(ResidentBytes % MiB == 0 ? $"{ResidentBytes / MiB}MiB" : $"{ResidentBytes}")}"));
            }

            return $"{Name}:{string.Join(',', keys)}";
        }
    }

    internal override DecodeMethod CreateMethod(MethodSetup setup) => new A2atsMethod(this, setup);

    /// <summary>The part for each query head by default: the more of them share a KV head, the less each may add.</summary>
    /// <param name="groupSize">Query heads of a KV head.</param>
    internal static double DefaultRho(int groupSize) => 1 - Math.Pow(1 - DefaultReads, 1.0 / groupSize);

    /// <summary>The distance for a model: within what it was trained for.</summary>
    /// <param name="contextLength">Tokens that the model was made for; null where nobody knows.</param>
    internal static int DefaultFar(int? contextLength) => Math.Min(LargestFar, (contextLength ?? int.MaxValue) / 2);

    internal static A2atsAttention Read(SpecKeys keys)
    {
        if (keys.Has("rho") && keys.Has("budget"))
        {
            throw keys.Wrong("rho and budget both say how much is read: name one of them");
        }

        A2atsAttention defaults = new();
        KvTier tier = keys.Choice("tier", "ram", "disk") == "disk" ? KvTier.Disk : KvTier.Memory;
        if (tier == KvTier.Memory && keys.Has("resident"))
        {
            throw keys.Wrong("resident says how much of a cache on disk stays in memory: it needs tier=disk");
        }

        return new A2atsAttention
        {
            // Through decimal, so that 0.03 times 100 is 3 and not a little less.
            Rho = keys.Number("rho", 0, 1) is { } rho ? (double)(decimal)rho : null,
            Budget = keys.Integer("budget", 0, int.MaxValue),
            Window = keys.Integer("window", 1, int.MaxValue) ?? defaults.Window,
            Far = keys.Integer("far", 0, int.MaxValue),
            Sink = keys.Integer("sink", 0, int.MaxValue) ?? defaults.Sink,
            Centroids = keys.Integer("centroids", 2, A2ats.Codebook.MaximumCentroids),
            Codebook = keys.Text("codebook"),
            Tier = tier,
            ResidentBytes = keys.Bytes("resident") ?? defaults.ResidentBytes,
        };
    }
}
