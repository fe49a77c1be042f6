using System.Globalization;
using Winnow.Cache;
using Winnow.Calibration;
using Winnow.Compute;
using static Winnow.Limits;

namespace Winnow.Attention.A2ats;

/// <summary>
/// A²ATS: each query head reads the tokens whose vector-quantised keys score highest, besides the first and the newest ones.
/// Codes of two bytes per token and KV head decide; keys and values themselves may lie on disk.
/// </summary>
/// <remarks>He et al.: "A²ATS: Retrieval-Based KV Cache Reduction via Windowed Rotary Position Embedding and Query-Aware Vector Quantization", arXiv 2502.12665 (Findings of ACL 2025).</remarks>
internal sealed record A2atsAttention : DecodeAttention
{
    /// <summary>What specifications and calibration files call the method.</summary>
    internal const string Name = "a2ats";

    /// <summary><see cref="Codebook"/> of a session that makes its own from its prompt.</summary>
    public const string Online = "online";

    /// <summary>What <see cref="Centroids"/> may be: codes have two bytes.</summary>
    internal static readonly Limits<int> CentroidLimits = new(2, Compute.Host.Selection.Codebook.MaximumCentroids);

    /// <summary>Part of the context that each query head reads in the paper's public example.</summary>
    internal const double DefaultRho = 0.03;

    /// <summary>Newest tokens that the paper always reads (section 5.1).</summary>
    internal const int DefaultWindow = 64;

    internal const int DefaultSink = 8;
    internal const long DefaultResidentBytes = 512L << 20;

    /// <summary>The paper's constant distance (section 5.1).</summary>
    private const int LargestFar = 2048;

    private const long MiB = 1 << 20;
    private static readonly Limits<double> RhoLimits = new(0, 1);

    /// <summary>So few that a window and sinks can be added up.</summary>
    private static readonly Limits<int> WindowLimits = new(1, 1 << 30);
    private static readonly Limits<int> SinkLimits = new(0, 1 << 30);

    /// <summary>
    /// Far tokens that each query head reads, as a part of the context and on average over the heads; null for that of the
    /// calibration file, or else the paper's 0.03. 0 to 1.
    /// </summary>
    public double? Rho { get; init => field = Within(value, RhoLimits); }

    /// <summary>Far tokens that each query head reads, as a number; null to go by <see cref="Rho"/>. 0 or more.</summary>
    public int? Budget { get; init => field = Within(value, NotNegative); }

    /// <summary>
    /// Newest tokens that are always read; null for those of the calibration file, or else the paper's 64. 1 to 1073741824.
    /// </summary>
    public int? Window { get; init => field = Within(value, WindowLimits); }

    /// <summary>
    /// The distance at which all far tokens are scored; null for that of the calibration file, or else the paper's 2048, or half the
    /// model's context if that is less. 0 or more.
    /// </summary>
    public int? Far { get; init => field = Within(value, NotNegative); }

    /// <summary>First tokens that are always read. 0 to 1073741824; default 8, as in the paper.</summary>
    public int Sink { get; init => field = Within(value, SinkLimits); } = DefaultSink;

    /// <summary>
    /// Centroids of a codebook that the session makes; null for 1024, a fourth of the paper's, because a user waits for them. A
    /// codebook from a file must have as many. 2 to 65536.
    /// </summary>
    public int? Centroids { get; init => field = Within(value, CentroidLimits); }

    /// <summary>A codebook file, or <c>online</c>; null for that of the model's calibration, and where there is none, online.</summary>
    public string? Codebook { get; init; }

    /// <summary>Where keys and values lie; null for where the session's options say.</summary>
    public KvTier? Tier { get; init => field = value is { } tier && !Enum.IsDefined(tier) ? throw OutOfRange(tier, "Device, Ram or Disk") : value; }

    /// <summary>Bytes of keys and values that stay in memory when <see cref="Tier"/> puts them on disk. 0 or more; default 512 MiB.</summary>
    public long ResidentBytes { get; init => field = Within(value, 0, long.MaxValue); } = DefaultResidentBytes;

    internal override KvPlacement? Placement => Tier is { } tier ? new KvPlacement(tier, ResidentBytes) : null;

    internal override string Specification
    {
        get
        {
            CultureInfo culture = CultureInfo.InvariantCulture;
            List<string> keys = [];
            if (Budget is { } budget)
            {
                keys.Add(string.Create(culture, $"budget={budget}"));
            }

            if (Rho is { } rho)
            {
                keys.Add(string.Create(culture, $"rho={rho}"));
            }

            if (Window is { } window)
            {
                keys.Add(string.Create(culture, $"window={window}"));
            }

            keys.Add(string.Create(culture, $"sink={Sink}"));

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

            if (Tier == KvTier.Ram)
            {
                keys.Add("tier=ram");
            }

            if (Tier == KvTier.Disk)
            {
                keys.Add(string.Create(culture, $"tier=disk,resident={(ResidentBytes % MiB == 0 ? $"{ResidentBytes / MiB}MiB" : $"{ResidentBytes}")}"));
            }

            return $"{Name}:{string.Join(',', keys)}";
        }
    }

    internal override DecodeMethod CreateMethod(MethodSetup setup, RowSelector selector) => new A2atsMethod(this, setup, selector);

    internal override void Validate()
    {
        if (Rho is not null && Budget is not null)
        {
            throw new InvalidOptionException($"attention '{Name}': rho and budget both say how much is read: name one of them");
        }
    }

    internal override A2atsAttention Tuned(AttentionTuning tuning) => tuning.Find<A2atsAttention>() is not { } tuned ? this : this with
    {
        Rho = Rho ?? (Budget is null ? tuned.Rho : null),
        Window = Window ?? tuned.Window,
        Far = Far ?? tuned.Far,
    };

    internal override string? Uncalibrated(ModelCalibration calibration) => Codebook is null
        ? calibration.NoteWithout(Name, "the session makes its codebooks from its prompt")
        : null;

    /// <summary>The distance for a model: within what it was trained for.</summary>
    /// <param name="contextLength">Tokens that the model was made for; null where nobody knows.</param>
    internal static int DefaultFar(int? contextLength) => Math.Min(LargestFar, (contextLength ?? int.MaxValue) / 2);

    internal static A2atsAttention Read(SpecKeys keys)
    {
        A2atsAttention defaults = new();
        KvTier? tier = !keys.Has("tier") ? null : keys.Choice("tier", "ram", "disk") == "disk" ? KvTier.Disk : KvTier.Ram;
        if (tier != KvTier.Disk && keys.Has("resident"))
        {
            throw keys.Wrong("resident says how much of a cache on disk stays in memory: it needs tier=disk");
        }

        return new A2atsAttention
        {
            Rho = keys.Number("rho", RhoLimits),
            Budget = keys.Number("budget", NotNegative),
            Window = keys.Number("window", WindowLimits),
            Far = keys.Number("far", NotNegative),
            Sink = keys.Number("sink", SinkLimits) ?? defaults.Sink,
            Centroids = keys.Number("centroids", CentroidLimits),
            Codebook = keys.Text("codebook"),
            Tier = tier,
            ResidentBytes = keys.Bytes("resident") ?? defaults.ResidentBytes,
        };
    }
}
