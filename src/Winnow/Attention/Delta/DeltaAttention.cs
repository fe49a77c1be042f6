using System.Globalization;

namespace Winnow.Attention.Delta;

/// <summary>
/// DELTA: a few layers attend to everything in every step and publish the pages that mattered; the layers between them read
/// only those pages. Nothing is dropped: the cache stays complete.
/// </summary>
/// <remarks>Entezari Zarch, Gao, Jiang, Annavaram: "DELTA: Dynamic Layer-Aware Token Attention", arXiv 2510.09883.</remarks>
public sealed record DeltaAttention : DecodeAttention
{
    /// <summary>Tokens of a page; default 16.</summary>
    public int Page { get; init; } = 16;

    /// <summary>Pages that a sparse layer reads, the recent ones included; default 64.</summary>
    public int Pages { get; init; } = 64;

    /// <summary>Last pages that are always read; default 8.</summary>
    public int Recent { get; init; } = 8;

    /// <summary>Leading layers that always attend to everything and publish nothing; null for two.</summary>
    public int? Warmup { get; init; }

    /// <summary>The layers that select; null for the calibrated ones, or else one behind the warm-up, one in the middle and one at four fifths of the depth.</summary>
    public IReadOnlyList<int>? SelectingLayers { get; init; }

    /// <summary>
    /// Whether each KV head has its own pages. Deviation: the paper shares one list between all heads, which is coarse on
    /// prompts where heads look for different things.
    /// </summary>
    public bool PerKvHead { get; init; }

    internal override string Specification => string.Create(
        CultureInfo.InvariantCulture,
        $"delta:page={Page},pages={Pages},recent={Recent}{(Warmup is { } warmup ? $",warmup={warmup}" : "")}{(SelectingLayers is { } layers ? $",select={string.Join('/', layers)}" : "")}{(PerKvHead ? ",heads=kv" : "")}");

    internal override DecodeMethod CreateMethod(MethodSetup setup) => new DeltaMethod(this, setup.Layers);

    internal static DeltaAttention Read(SpecKeys keys)
    {
        DeltaAttention defaults = new();
        int page = keys.Integer("page", 1, 65_536) ?? defaults.Page;
        int? budget = keys.Integer("budget", 1, int.MaxValue);
        if (budget is not null && keys.Has("pages"))
        {
            throw keys.Wrong("budget (tokens) and pages say the same: name one of them");
        }

        int pages = budget is { } tokens ? Math.Max(1, (tokens + page - 1) / page) : keys.Integer("pages", 1, int.MaxValue) ?? defaults.Pages;
        int recent = keys.Integer("recent", 1, int.MaxValue) ?? Math.Min(defaults.Recent, Math.Max(1, pages / 2));
        if (recent > pages)
        {
            throw keys.Wrong($"recent={recent} pages do not fit into a budget of {pages}");
        }

        return new DeltaAttention
        {
            Page = page,
            Pages = pages,
            Recent = recent,
            Warmup = keys.Integer("warmup", 0, int.MaxValue),
            SelectingLayers = keys.Integers("select"),
            PerKvHead = keys.Choice("heads", "all", "kv") == "kv",
        };
    }
}
