using System.Globalization;

namespace Winnow.Attention.Delta;

/// <summary>
/// DELTA: a few layers attend to everything in every step and publish the pages that mattered; the layers between them read
/// only those pages. Nothing is dropped: the cache stays complete.
/// </summary>
/// <remarks>Entezari Zarch, Gao, Jiang, Annavaram: "DELTA: Dynamic Layer-Aware Token Attention", arXiv 2510.09883.</remarks>
public sealed record DeltaAttention : DecodeAttention
{
    internal const string Name = "delta";

    /// <summary>Tokens of a page; default 16.</summary>
    public int Page { get; init; } = 16;

    /// <summary>Pages that a sparse layer reads, the recent ones included; default 64.</summary>
    public int Pages { get; init; } = 64;

    /// <summary>Last pages that are always read; default 8.</summary>
    public int Recent { get; init; } = 8;

    /// <summary>Leading layers that always attend to everything and publish nothing; null for what the layers that select say, or else one or two by the model's depth.</summary>
    public int? Warmup { get; init; }

    /// <summary>The layers that select; null for the calibrated ones, or else one behind the warm-up, one a little behind the middle and, in models of more than 16 layers, one at four fifths of the depth.</summary>
    public IReadOnlyList<int>? SelectingLayers { get; init; }

    /// <summary>
    /// Whether each KV head has its own pages. Deviation: the paper shares one list between all heads, which is coarse on
    /// prompts where heads look for different things.
    /// </summary>
    public bool PerKvHead { get; init; }

    /// <summary>
    /// Rows in the cache from which on the method pays; every layer attends to all of them while there are fewer. The default
    /// is where decode steps were measured to become faster; 0 for always. In a specification that names a budget or pages it
    /// is 0 unless given.
    /// </summary>
    public int From { get; init; } = 4096;

    internal override string Specification => string.Create(
        CultureInfo.InvariantCulture,
        $"delta:page={Page},pages={Pages},recent={Recent}{(Warmup is { } warmup ? $",warmup={warmup}" : "")}{(SelectingLayers is { } layers ? $",select={string.Join('/', layers)}" : "")},from={From}{(PerKvHead ? ",heads=kv" : "")}");

    /// <summary>How many layers read everything unless someone names them: five in the paper's models of 28 and 48 layers, fewer in shallow ones.</summary>
    /// <param name="layers">Layers without a sliding window.</param>
    internal static int DenseLayers(int layers) => Math.Clamp((int)Math.Ceiling(layers * 5 / 28.0), 3, 5);

    internal override DecodeMethod CreateMethod(MethodSetup setup) => new DeltaMethod(this, setup);

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
            From = keys.Integer("from", 0, int.MaxValue) ?? (budget is not null || keys.Has("pages") ? 0 : defaults.From),
            PerKvHead = keys.Choice("heads", "all", "kv") == "kv",
        };
    }
}
