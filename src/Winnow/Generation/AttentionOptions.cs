using Winnow.Attention;
using Winnow.Attention.A2ats;
using Winnow.Attention.Delta;
using Winnow.Attention.Recycled;
using Winnow.Attention.TokenSparse;
using Winnow.Cache;
using Winnow.Calibration;

namespace Winnow.Generation;

/// <summary>How a session attends: one method for prompts, one for decode steps. The default is full attention in both.</summary>
/// <remarks>
/// <para>Methods are added to <see cref="Full"/>, or named in a text (<see cref="Parse"/>). What is left at null is the model's own calibrated
/// value, or else the paper's; a value out of its range is an <see cref="ArgumentOutOfRangeException"/> that names the range.</para>
/// <para>Evidence of long prompts (s3) is added by <c>WithRetrieval</c> of <c>Winnow.Retrieval</c>. The baselines that methods are compared
/// with (streaming, snapkv, random) are named in texts only. docs/long-contexts.md says which method is good for what.</para>
/// </remarks>
public sealed record AttentionOptions
{
    internal AttentionOptions()
    {
    }

    /// <summary>Full attention everywhere.</summary>
    public static AttentionOptions Full { get; } = new();

    /// <summary>Whether a method chooses what tokens of a prompt attend to; otherwise they attend to everything.</summary>
    public bool HasPromptMethod => Prefill is not null;

    /// <summary>Whether a method chooses what decode steps attend to; otherwise they attend to everything.</summary>
    public bool HasDecodeMethod => Decode is not null;

    /// <summary>The method for prompts; null for full attention.</summary>
    internal PrefillAttention? Prefill { get; init; }

    /// <summary>The method for decode steps; null for full attention.</summary>
    internal DecodeAttention? Decode { get; init; }

    /// <summary>What changes a prompt before anything attends to it; null to take prompts as they are.</summary>
    internal PromptTransform? Transform { get; init; }

    /// <summary>Reads a specification such as <c>token-sparse+delta:budget=1024</c>.</summary>
    /// <exception cref="InvalidOptionException">A method, key or value is not one that there is; the message lists those that are.</exception>
    public static AttentionOptions Parse(string specification)
    {
        ArgumentNullException.ThrowIfNull(specification);
        return AttentionSpec.Parse(specification);
    }

    /// <summary>
    /// The same with token-sparse attention for prompts: in chosen layers each query head computes the attention among the tokens that
    /// matter to it. The cache stays complete.
    /// </summary>
    /// <remarks>Jo, Kang, Song, Kim: "Token Sparse Attention", arXiv 2602.03216 (ICML 2026).</remarks>
    /// <param name="coverage">Attention mass of the tokens that are left out (τ), 0 to 1; null for the calibrated one, or else 0.005.</param>
    /// <param name="window">Last tokens of the prompt: they vote, and every head keeps them. 1 to 65536.</param>
    /// <param name="pool">Width of the average-pool over the votes (κ): odd, 1 to 4095.</param>
    /// <param name="minimum">Tokens that a head keeps at least, the window not counted; null for 1024.</param>
    /// <param name="minimumPart">Part of the prompt that a head keeps at least, 0 to 1, where that is more; null for 0, or without a minimum the calibrated one.</param>
    /// <param name="from">Tokens of a prompt from which on the method is used; 0 for always.</param>
    /// <param name="layers">The layers that are sparse, with all their heads; null for the calibrated heads, or else the second half.</param>
    /// <param name="perKvHead">Whether the query heads of a KV head share their tokens; null for true with calibrated heads.</param>
    public AttentionOptions WithTokenSparse(
        float? coverage = null,
        int window = TokenSparseAttention.DefaultWindow,
        int pool = TokenSparseAttention.DefaultPool,
        int? minimum = null,
        double? minimumPart = null,
        int from = TokenSparseAttention.DefaultFrom,
        IReadOnlyList<int>? layers = null,
        bool? perKvHead = null) => this with
        {
            Prefill = new TokenSparseAttention
            {
                Coverage = coverage,
                Window = window,
                Pool = pool,
                Minimum = minimum,
                MinimumPart = minimumPart,
                From = from,
                Layers = layers,
                PerKvHead = perKvHead,
            },
        };

    /// <summary>
    /// The same with recycled attention for decode steps: full attention now and then, and in between the rows that ranked highest at
    /// the last full step, and everything newer. The cache stays complete.
    /// </summary>
    /// <remarks>Xu, Goyal, Choi: "RefreshKV: Updating Small KV Cache During Long-form Generation", arXiv 2411.05787 (ACL 2025).</remarks>
    /// <param name="k">Rows that a recycled step attends to.</param>
    /// <param name="stride">A full step every so many tokens; null for the dynamic schedule.</param>
    /// <param name="check">Dynamic schedule: tokens between two looks at the query.</param>
    /// <param name="threshold">Dynamic schedule: a layer takes a full step where the cosine of its query with that of its last full step is not above this. −2 to 2.</param>
    /// <param name="pool">Width of the max-pool that keeps the neighbours of a hit: odd, 1 to 4095; null for the calibrated one, or else 7.</param>
    /// <param name="from">Rows in the cache from which on the method is used; 0 for always.</param>
    public AttentionOptions WithRecycled(
        int k = RecycledAttention.DefaultK,
        int? stride = null,
        int check = RecycledAttention.DefaultCheck,
        float threshold = RecycledAttention.DefaultThreshold,
        int? pool = null,
        int from = RecycledAttention.DefaultFrom) => this with
        {
            Decode = new RecycledAttention { K = k, Stride = stride, Check = check, Threshold = threshold, Pool = pool, From = from },
        };

    /// <summary>
    /// The same with DELTA for decode steps: a few layers attend to everything and publish the pages that mattered, the layers between
    /// them read only those. The cache stays complete.
    /// </summary>
    /// <remarks>Entezari Zarch, Gao, Jiang, Annavaram: "DELTA: Dynamic Layer-Aware Token Attention", arXiv 2510.09883.</remarks>
    /// <param name="pages">Pages that a sparse layer reads, the recent ones included.</param>
    /// <param name="page">Tokens of a page, 1 to 65536.</param>
    /// <param name="recent">Last pages that are always read; null for 8, but no more than half of the pages.</param>
    /// <param name="warmup">Leading layers that always attend to everything and publish nothing; null for what the selecting layers say, or else one or two.</param>
    /// <param name="selectingLayers">The layers that select, ascending; null for the calibrated ones, or else two or three spread over the depth.</param>
    /// <param name="perKvHead">Whether each KV head has its own pages.</param>
    /// <param name="from">Rows in the cache from which on the method is used; 0 for always.</param>
    public AttentionOptions WithDelta(
        int pages = DeltaAttention.DefaultPages,
        int page = DeltaAttention.DefaultPage,
        int? recent = null,
        int? warmup = null,
        IReadOnlyList<int>? selectingLayers = null,
        bool perKvHead = false,
        int from = DeltaAttention.DefaultFrom) => this with
        {
            Decode = new DeltaAttention
            {
                Pages = pages,
                Page = page,
                Recent = recent,
                Warmup = warmup,
                SelectingLayers = selectingLayers,
                PerKvHead = perKvHead,
                From = from,
            },
        };

    /// <summary>
    /// The same with A²ATS for decode steps: each query head reads the tokens whose vector-quantised keys score highest, besides the first
    /// and the newest ones. Keys and values themselves may lie on disk.
    /// </summary>
    /// <remarks>He et al.: "A²ATS: Retrieval-Based KV Cache Reduction via Windowed Rotary Position Embedding and Query-Aware Vector Quantization", arXiv 2502.12665 (Findings of ACL 2025).</remarks>
    /// <param name="rho">Far tokens that a query head reads, as a part of the context, 0 to 1; null for the calibrated one, or else 0.03.</param>
    /// <param name="budget">Far tokens that a query head reads, as a number; null to go by <paramref name="rho"/>.</param>
    /// <param name="window">Newest tokens that are always read; null for the calibrated ones, or else 64.</param>
    /// <param name="sink">First tokens that are always read.</param>
    /// <param name="far">The distance at which all far tokens are scored; null for the calibrated one, or else 2048.</param>
    /// <param name="centroids">Centroids of a codebook that the session makes, 2 to 65536; null for 1024.</param>
    /// <param name="codebook">A codebook file, or <c>online</c> to make one of the prompt; null for that of the model's calibration, or else online.</param>
    /// <param name="tier">Where keys and values lie; null for where the session's options say.</param>
    /// <param name="residentBytes">Bytes of keys and values that stay in memory when <paramref name="tier"/> puts them on disk.</param>
    public AttentionOptions WithA2ats(
        double? rho = null,
        int? budget = null,
        int? window = null,
        int sink = A2atsAttention.DefaultSink,
        int? far = null,
        int? centroids = null,
        string? codebook = null,
        KvTier? tier = null,
        long residentBytes = A2atsAttention.DefaultResidentBytes) => this with
        {
            Decode = new A2atsAttention
            {
                Rho = rho,
                Budget = budget,
                Window = window,
                Sink = sink,
                Far = far,
                Centroids = centroids,
                Codebook = codebook,
                Tier = tier,
                ResidentBytes = residentBytes,
            },
        };

    /// <summary>The specification that <see cref="Parse"/> reads back to the same options.</summary>
    public override string ToString() => AttentionSpec.Format(this);

    /// <summary>The same with the model's own values where nothing was set.</summary>
    internal AttentionOptions Tuned(AttentionTuning tuning) => this with { Prefill = Prefill?.Tuned(tuning), Decode = Decode?.Tuned(tuning) };

    /// <summary>The same with the values that a model's calibration file holds, where nothing was set.</summary>
    /// <exception cref="WinnowException">What the file holds is not what can be tuned.</exception>
    internal AttentionOptions Tuned(ModelCalibration calibration) =>
        Prefill is null && Decode is null ? this : Tuned(TuningSection.Of(calibration));

    /// <summary>What the methods do for want of a calibration, and the command that makes one: a line for each of them.</summary>
    internal IReadOnlyList<string> Notes(ModelCalibration calibration)
    {
        AttentionOptions tuned = Tuned(calibration);
        return [.. new[] { Transform?.Uncalibrated(calibration), tuned.Prefill?.Uncalibrated(calibration), tuned.Decode?.Uncalibrated(calibration) }.OfType<string>()];
    }
}
