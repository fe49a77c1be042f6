using Winnow.Compute;

namespace Winnow.Attention.Delta;

/// <summary>Which layers select, and the pages that they have published in this step.</summary>
internal sealed class DeltaMethod : DecodeMethod
{
    private readonly DeltaAttention _options;
    private readonly bool[] _selects;
    private readonly bool[] _dense;
    private readonly AttentionPlan _plan;
    private readonly RowSelector _selector;
    private readonly PageChoice _choice;

    public DeltaMethod(DeltaAttention options, MethodSetup setup, RowSelector selector)
    {
        AttentionLayers layers = setup.Layers;
        _options = options;
        _selects = new bool[layers.Count];
        _dense = new bool[layers.Count];
        IReadOnlyList<int> selecting = Choose(options, setup);
        foreach (int layer in selecting)
        {
            _selects[layer] = true;
        }

        for (int layer = 0; selecting.Count > 0 && layer < selecting[0]; layer++)
        {
            _dense[layer] = true;
        }

        AttentionShape shape = layers.GlobalShape;
        _plan = options.PerKvHead
            ? selector.CreatePlan(AttentionPlanKind.PerKvHead, shape.KvHeads)
            : selector.CreatePlan(AttentionPlanKind.Shared, 1);
        _selector = selector;
        _choice = new PageChoice(options.Page, options.Pages, options.RecentPages);
    }

    public override AttentionPlan Select(in AttentionCall call, out bool observe)
    {
        observe = false;
        if (_dense[call.Layer] || call.Length < _options.From || _choice.PageCount(call.Length) <= _options.Pages)
        {
            return AttentionPlan.All;
        }

        observe = _selects[call.Layer];
        return observe ? AttentionPlan.All : _plan;
    }

    public override void Observe(in AttentionCall call, Matrix mass) => _selector.TakePages(call.Stream, mass, _choice, _plan);

    /// <summary>The layers that select; none where all layers have a sliding window, which the method leaves alone.</summary>
    private static IReadOnlyList<int> Choose(DeltaAttention options, MethodSetup setup)
    {
        AttentionLayers layers = setup.Layers;
        IReadOnlyList<int>? calibrated = options.Warmup is null ? setup.Calibration.Find(DeltaAttention.Name)?.Integers("select") : null;
        if ((options.SelectingLayers ?? calibrated) is not { } given)
        {
            return DefaultLayers(options.Warmup, layers);
        }

        layers.Check(given, "delta: select");
        if (given.Count == 0)
        {
            throw new InvalidOptionException("delta: select needs at least one layer");
        }

        return options.Warmup is null || options.Warmup == given[0] ? given : throw new InvalidOptionException(
            $"delta: the first selecting layer is {given[0]}, but warm-up ends before layer {options.Warmup}; they must meet");
    }

    /// <summary>Counted over the layers that attend to everything: the first behind the warm-up, the middle, and four fifths (section 4 of the paper).</summary>
    /// <remarks>
    /// Deviation: the paper's models have at least 28 layers, of which five read everything. Models of fewer layers save nothing
    /// with as many; they get a part of them (<see cref="DeltaAttention.DenseLayers"/>), at the cost of the last.
    /// </remarks>
    private static int[] DefaultLayers(int? warmup, AttentionLayers layers)
    {
        int count = layers.Global.Count;
        int dense = DeltaAttention.DenseLayers(count);
        int first = Math.Clamp(warmup is { } given ? layers.Global.Count(layer => layer < given) : dense == 5 ? 2 : 1, 0, Math.Max(count - 1, 0));
        int[] places = [first, (count + 1) / 2, .. dense > 3 ? [(int)Math.Ceiling(0.8 * count)] : (int[])[]];
        return [.. places.Where(place => place >= first && place < count).Distinct().Order().Select(place => layers.Global[place])];
    }
}
