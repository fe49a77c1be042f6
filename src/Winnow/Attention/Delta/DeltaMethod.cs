using System.Numerics.Tensors;
using Winnow.Compute;

namespace Winnow.Attention.Delta;

/// <summary>Which layers select, and the pages that they have published in this step.</summary>
internal sealed class DeltaMethod : DecodeMethod
{
    /// <summary>What a page loses per page number, so that of equal pages the older one wins.</summary>
    private const double TieBreak = 1e-7;

    private readonly DeltaAttention _options;
    private readonly bool[] _selects;
    private readonly bool[] _dense;
    private readonly AttentionPlan _plan;
    private readonly TopRows _top = new();
    private readonly int[] _pages;
    private float[] _score = [];
    private float[] _pageScore = [];

    public DeltaMethod(DeltaAttention options, AttentionLayers layers)
    {
        _options = options;
        (int warmup, IReadOnlyList<int> selecting) = Choose(options, layers);
        _selects = new bool[layers.Count];
        _dense = new bool[layers.Count];
        foreach (int layer in selecting)
        {
            _selects[layer] = true;
        }

        for (int layer = 0; layer < layers.Count && layer < selecting[0]; layer++)
        {
            _dense[layer] = true;
        }

        if (selecting[0] != warmup)
        {
            throw new AttentionSpecException($"delta: the first selecting layer is {selecting[0]}, but warm-up ends before layer {warmup}; they must meet");
        }

        AttentionShape shape = layers.Shapes[0];
        _plan = options.PerKvHead
            ? new AttentionPlan(AttentionPlanKind.PerKvHead, shape.KvHeads)
            : new AttentionPlan(AttentionPlanKind.Shared, 1);
        _pages = new int[options.Pages];
    }

    public override AttentionPlan Select(in AttentionCall call, out bool observe)
    {
        observe = false;
        if (_dense[call.Layer] || PageCount(call.Length) <= _options.Pages)
        {
            return AttentionPlan.All;
        }

        observe = _selects[call.Layer];
        return observe ? AttentionPlan.All : _plan;
    }

    public override void Observe(in AttentionCall call, ReadOnlySpan<float> mass)
    {
        int length = call.Length;
        int headsPerList = call.Shape.QueryHeads / _plan.Lists;
        for (int list = 0; list < _plan.Lists; list++)
        {
            Publish(list, mass.Slice(list * headsPerList * length, headsPerList * length), headsPerList, length);
        }
    }

    private void Publish(int list, ReadOnlySpan<float> mass, int heads, int length)
    {
        if (_score.Length < length)
        {
            _score = new float[2 * length];
            _pageScore = new float[PageCount(2 * length)];
        }

        Span<float> score = _score.AsSpan(0, length);
        mass[..length].CopyTo(score);
        for (int head = 1; head < heads; head++)
        {
            // The maximum keeps a hit that a single head sees.
            TensorPrimitives.Max(score, mass.Slice(head * length, length), score);
        }

        int pages = PageCount(length);
        int older = pages - _options.Recent;
        for (int page = 0; page < older; page++)
        {
            double sum = 0;
            foreach (float value in score.Slice(page * _options.Page, _options.Page))
            {
                sum += value;
            }

            _pageScore[page] = (float)(sum - (TieBreak * page));
        }

        int chosen = _options.Pages - _options.Recent;
        _top.Select(_pageScore.AsSpan(0, older), _pages.AsSpan(0, chosen));
        for (int i = 0; i < _options.Recent; i++)
        {
            _pages[chosen + i] = older + i;
        }

        // Every page but the last is full.
        Span<int> rows = _plan.Resize(list, ((_options.Pages - 1) * _options.Page) + (length - ((pages - 1) * _options.Page)));
        int count = 0;
        foreach (int page in _pages)
        {
            int end = Math.Min((page + 1) * _options.Page, length);
            for (int row = page * _options.Page; row < end; row++)
            {
                rows[count++] = row;
            }
        }
    }

    private int PageCount(int length) => (length + _options.Page - 1) / _options.Page;

    private static (int Warmup, IReadOnlyList<int> Selecting) Choose(DeltaAttention options, AttentionLayers layers)
    {
        if (layers.Global.Count == 0)
        {
            throw new AttentionSpecException("delta: every layer of this model has a sliding window; there is nothing to select");
        }

        if (options.SelectingLayers is { } given)
        {
            layers.Check(given, "delta: select");
            return given.Count > 0 ? (options.Warmup ?? given[0], given) : throw new AttentionSpecException("delta: select needs at least one layer");
        }

        // Counted over the layers that attend to everything: r = 2, the middle, four fifths of the depth.
        int count = layers.Global.Count;
        int first = Math.Min(options.Warmup is { } warmup ? layers.Global.Count(layer => layer < warmup) : 2, count - 1);
        int[] selecting = [.. new[] { first, (count + 1) / 2, (int)Math.Ceiling(0.8 * count) }
            .Where(index => index >= first && index < count).Distinct().Order().Select(index => layers.Global[index])];
        return (selecting[0], selecting);
    }
}
