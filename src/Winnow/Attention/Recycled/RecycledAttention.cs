using System.Globalization;
using Winnow.Compute;
using static Winnow.Limits;

namespace Winnow.Attention.Recycled;

/// <summary>
/// Recycled attention: full attention now and then; in between, each KV head attends only to the rows that ranked highest at
/// the last full step, and to everything newer. Nothing is dropped: the cache stays complete.
/// </summary>
/// <remarks>Xu, Goyal, Choi: "RefreshKV: Updating Small KV Cache During Long-form Generation", arXiv 2411.05787 (ACL 2025).</remarks>
internal sealed record RecycledAttention : DecodeAttention
{
    /// <summary>The width where neither user nor calibration file names one: SnapKV's, whose pool the paper takes without a width.</summary>
    internal const int DefaultPool = 7;

    internal const int DefaultK = 2048;
    internal const int DefaultCheck = 5;
    internal const float DefaultThreshold = 0.8f;
    internal const int DefaultFrom = 4096;

    private static readonly Limits<float> ThresholdLimits = new(-2, 2);

    /// <summary>Rows that a recycled step attends to. 1 or more; default 2048, as in the paper's language modelling.</summary>
    public int K { get; init => field = Within(value, Positive); } = DefaultK;

    /// <summary>A full step every so many tokens, in all layers at once; null for the dynamic schedule (default). 1 or more.</summary>
    public int? Stride { get; init => field = Within(value, Positive); }

    /// <summary>Dynamic schedule: tokens between two looks at the query. 1 or more; default 5, as in the paper's main setting.</summary>
    public int Check { get; init => field = Within(value, Positive); } = DefaultCheck;

    /// <summary>
    /// Dynamic schedule: a layer takes a full step where the cosine of its query with that of its last full step is not above this.
    /// −2 to 2; default 0.8, as in the paper.
    /// </summary>
    public float Threshold { get; init => field = Within(value, ThresholdLimits); } = DefaultThreshold;

    /// <summary>
    /// Width of the max-pool over scores that keeps the neighbours of a hit: odd, 1 to 4095, 1 for none; null for that of the
    /// calibration file, or else 7. An answer that copies a value walks on from the hit while the list is not renewed: what a
    /// model copies in long pieces asks for a wider one.
    /// </summary>
    public int? Pool { get; init => field = Within(value, PoolWidth); }

    /// <summary>
    /// Rows in the cache from which on the method pays; every step is full while there are fewer. The default, 4096, is where decode
    /// steps were measured to become faster (docs/long-contexts.md); 0 for always. In a specification that names k it is 0 unless
    /// given.
    /// </summary>
    public int From { get; init => field = Within(value, NotNegative); } = DefaultFrom;

    internal override string Specification
    {
        get
        {
            string schedule = Stride is { } stride ? string.Create(CultureInfo.InvariantCulture, $"stride={stride}")
                : string.Create(CultureInfo.InvariantCulture, $"check={Check},threshold={Threshold}");
            return string.Create(CultureInfo.InvariantCulture, $"recycled:k={K},{schedule}{(Pool is { } pool ? $",pool={pool}" : "")},from={From}");
        }
    }

    internal override DecodeMethod CreateMethod(MethodSetup setup, RowSelector selector) => new RecycledMethod(this, setup.Layers, selector);

    internal override RecycledAttention Tuned(AttentionTuning tuning) => this with { Pool = Pool ?? tuning.Find<RecycledAttention>()?.Pool };

    internal static RecycledAttention Read(SpecKeys keys)
    {
        int? stride = keys.Number("stride", Positive);
        if (stride is not null && (keys.Has("check") || keys.Has("threshold")))
        {
            throw keys.Wrong("stride is the fixed schedule, check and threshold are the dynamic one: name one of them");
        }

        RecycledAttention defaults = new();
        return new RecycledAttention
        {
            K = keys.Number("k", Positive) ?? defaults.K,
            Stride = stride,
            Check = keys.Number("check", Positive) ?? defaults.Check,
            Threshold = keys.Number("threshold", ThresholdLimits) ?? defaults.Threshold,
            Pool = keys.Number("pool", PoolWidth),
            From = keys.Number("from", NotNegative) ?? (keys.Has("k") ? 0 : defaults.From),
        };
    }
}
