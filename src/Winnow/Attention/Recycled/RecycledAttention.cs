using System.Globalization;

namespace Winnow.Attention.Recycled;

/// <summary>
/// Recycled attention: full attention now and then; in between, each KV head attends only to the rows that ranked highest at
/// the last full step, and to everything newer. Nothing is dropped: the cache stays complete.
/// </summary>
/// <remarks>Xu, Goyal, Choi: "RefreshKV: Updating Small KV Cache During Long-form Generation", arXiv 2411.05787 (ACL 2025).</remarks>
public sealed record RecycledAttention : DecodeAttention
{
    /// <summary>Rows that a recycled step attends to; default 2048.</summary>
    public int K { get; init; } = 2048;

    /// <summary>A full step every so many tokens, in all layers at once; null for the dynamic schedule (default).</summary>
    public int? Stride { get; init; }

    /// <summary>Dynamic schedule: tokens between two looks at the query; default 5.</summary>
    public int Check { get; init; } = 5;

    /// <summary>Dynamic schedule: a layer takes a full step where the cosine of its query with that of its last full step is not above this; default 0.8.</summary>
    public float Threshold { get; init; } = 0.8f;

    /// <summary>
    /// Width of the max-pool over scores that keeps the neighbours of a hit; odd, 1 for none; default 31. An answer that copies
    /// a value walks on from the hit while the list is not renewed: on the lab model a width of 7 lost answers that 31 kept.
    /// </summary>
    public int Pool { get; init; } = 31;

    /// <summary>
    /// Rows in the cache from which on the method pays; every step is full while there are fewer. The default is where decode
    /// steps were measured to become faster; 0 for always. In a specification that names k it is 0 unless given.
    /// </summary>
    public int From { get; init; } = 4096;

    internal override string Specification => Stride is { } stride
        ? string.Create(CultureInfo.InvariantCulture, $"recycled:k={K},stride={stride},pool={Pool},from={From}")
        : string.Create(CultureInfo.InvariantCulture, $"recycled:k={K},check={Check},threshold={Threshold},pool={Pool},from={From}");

    internal override DecodeMethod CreateMethod(MethodSetup setup) => new RecycledMethod(this, setup.Layers);

    internal static RecycledAttention Read(SpecKeys keys)
    {
        int? stride = keys.Integer("stride", 1, int.MaxValue);
        if (stride is not null && (keys.Has("check") || keys.Has("threshold")))
        {
            throw keys.Wrong("stride is the fixed schedule, check and threshold are the dynamic one: name one of them");
        }

        RecycledAttention defaults = new();
        return new RecycledAttention
        {
            K = keys.Integer("k", 1, int.MaxValue) ?? defaults.K,
            Stride = stride,
            Check = keys.Integer("check", 1, int.MaxValue) ?? defaults.Check,
            Threshold = keys.Number("threshold", -2, 2) ?? defaults.Threshold,
            Pool = keys.OddInteger("pool") ?? defaults.Pool,
            From = keys.Integer("from", 0, int.MaxValue) ?? (keys.Has("k") ? 0 : defaults.From),
        };
    }
}
