using System.Globalization;
using Winnow.Calibration;
using Winnow.Compute;
using static Winnow.Limits;

namespace Winnow.Attention.Delta;

/// <summary>
/// DELTA: a few layers attend to everything in every step and publish the pages that mattered; the layers between them read
/// only those pages. Nothing is dropped: the cache stays complete.
/// </summary>
/// <remarks>Entezari Zarch, Gao, Jiang, Annavaram: "DELTA: Dynamic Layer-Aware Token Attention", arXiv 2510.09883.</remarks>
internal sealed record DeltaAttention : DecodeAttention
{
    internal const string Name = "delta";

    internal const int DefaultPage = 16;
    internal const int DefaultPages = 64;
    internal const int DefaultFrom = 4096;
    private const int DefaultRecent = 8;
    private static readonly Limits<int> PageLimits = new(1, 65_536);

    /// <summary>Tokens of a page. 1 to 65536; default 16, as in the paper.</summary>
    public int Page { get; init => field = Within(value, PageLimits); } = DefaultPage;

    /// <summary>Pages that a sparse layer reads, the recent ones included. 1 or more; default 64, the paper's budget of 1 K tokens.</summary>
    public int Pages { get; init => field = Within(value, Positive); } = DefaultPages;

    /// <summary>
    /// Last pages that are always read, at most <see cref="Pages"/>. 1 or more; null for 8, as in the paper, but no more than half of
    /// the pages.
    /// </summary>
    public int? Recent { get; init => field = Within(value, Positive); }

    /// <summary>
    /// Leading layers that always attend to everything and publish nothing; null for what the layers that select say, or else two, as
    /// in the paper, and one in models of at most 22 layers. 0 to 4095.
    /// </summary>
    public int? Warmup { get; init => field = Within(value, Limits.Layers); }

    /// <summary>
    /// The layers that select, ascending; null for those of the calibration file, or else one behind the warm-up, the middle one and, in
    /// models of more than 16 layers, one at four fifths of the depth. 0 to 4095 each.
    /// </summary>
    public IReadOnlyList<int>? SelectingLayers { get; init => field = EachWithin(value, Limits.Layers); }

    /// <summary>
    /// Whether each KV head has its own pages. Deviation: the paper shares one list between all heads, which is coarse on
    /// prompts where heads look for different things.
    /// </summary>
    public bool PerKvHead { get; init; }

    /// <summary>
    /// Rows in the cache from which on the method pays; every layer attends to all of them while there are fewer. The default, 4096,
    /// is where decode steps were measured to become faster (docs/long-contexts.md); 0 for always. In a specification that names a
    /// budget or pages it is 0 unless given.
    /// </summary>
    public int From { get; init => field = Within(value, NotNegative); } = DefaultFrom;

    /// <summary><see cref="Recent"/>, or the default for so many pages.</summary>
    internal int RecentPages => Recent ?? Math.Clamp(Pages / 2, 1, DefaultRecent);

    internal override string Specification => string.Create(
        CultureInfo.InvariantCulture,
        $"delta:page={Page},pages={Pages}{(Recent is { } recent ? $",recent={recent}" : "")}{(Warmup is { } warmup ? $",warmup={warmup}" : "")}{(SelectingLayers is { } layers ? $",select={string.Join('/', layers)}" : "")},from={From}{(PerKvHead ? ",heads=kv" : "")}");

    /// <summary>How many layers read everything unless someone names them: five in the paper's models of 28 and 48 layers, fewer in shallow ones.</summary>
    /// <param name="layers">Layers without a sliding window.</param>
    internal static int DenseLayers(int layers) => Math.Clamp((int)Math.Ceiling(layers * 5 / 28.0), 3, 5);

    internal override DecodeMethod CreateMethod(MethodSetup setup, RowSelector selector) => new DeltaMethod(this, setup, selector);

    internal override void Validate()
    {
        if (RecentPages > Pages)
        {
            throw new InvalidOptionException($"attention '{Name}': recent={RecentPages} pages do not fit into a budget of {Pages}");
        }
    }

    internal override DeltaAttention Tuned(AttentionTuning tuning) =>
        SelectingLayers is null && Warmup is null ? this with { SelectingLayers = tuning.Find<DeltaAttention>()?.SelectingLayers } : this;

    internal override string? Uncalibrated(ModelCalibration calibration) => SelectingLayers is null && Warmup is null
        ? calibration.NoteWithout(Name, "the layers that choose pages are those of a default rule")
        : null;

    internal static DeltaAttention Read(SpecKeys keys)
    {
        DeltaAttention defaults = new();
        int page = keys.Number("page", PageLimits) ?? defaults.Page;
        int? budget = keys.Number("budget", Positive);
        if (budget is not null && keys.Has("pages"))
        {
            throw keys.Wrong("budget (tokens) and pages say the same: name one of them");
        }

        return new DeltaAttention
        {
            Page = page,
            Pages = budget is { } tokens ? (int)(((long)tokens + page - 1) / page) : keys.Number("pages", Positive) ?? defaults.Pages,
            Recent = keys.Number("recent", Positive),
            Warmup = keys.Number("warmup", Limits.Layers),
            SelectingLayers = keys.Integers("select"),
            From = keys.Number("from", NotNegative) ?? (budget is not null || keys.Has("pages") ? 0 : defaults.From),
            PerKvHead = keys.Choice("heads", "all", "kv") == "kv",
        };
    }
}
