using System.Numerics.Tensors;
using Winnow.Attention;
using Winnow.Attention.Delta;
using Winnow.Compute;
using Winnow.Compute.Host.Selection;

namespace Winnow.Lab.Calibration.Delta;

/// <summary>
/// Attends to everything and measures, in every decode step, how much of each layer's attention lies on the pages that the
/// layers before it would have published.
/// </summary>
/// <remarks>
/// Only far rows count: those between the first page and the recent pages. Every list holds the others, and their large mass
/// would hide that a list misses what a layer looks for. Layers are counted over those without a sliding window.
/// </remarks>
internal sealed class DeltaMaps : DecodeMethod
{
    private readonly DeltaAttention _options;
    private readonly int[] _place;
    private readonly PageSelector _selector;
    private readonly int[][] _lists;
    private readonly double[] _shift;
    private float[] _map = [];
    private float[] _previousMap = [];
    private double[] _pageMass = [];
    private float[] _mass = [];

    public DeltaMaps(DeltaAttention options, AttentionLayers layers)
    {
        _options = options;
        _place = new int[layers.Count];
        for (int i = 0; i < layers.Global.Count; i++)
        {
            _place[layers.Global[i]] = i;
        }

        int count = layers.Global.Count;
        _selector = new PageSelector(options.Page, options.Pages, options.RecentPages);
        _lists = [.. Enumerable.Range(0, count).Select(_ => new int[options.Pages])];
        Found = new double[count, count];
        _shift = new double[count];
    }

    /// <summary>Steps that had more pages than the budget.</summary>
    public int Steps { get; private set; }

    /// <summary>
    /// [publisher, reader]: the reader's far mass on the publisher's pages, summed over steps and heads, so that whoever looks
    /// far counts by how much it does. On the diagonal, what a layer's own pages hold.
    /// </summary>
    public double[,] Found { get; }

    /// <summary>1 − cosine of each layer's map (the maximum over heads) and that of the layer before it, as a mean over steps; 0 for the first.</summary>
    public double[] Shift => [.. _shift.Select(sum => Steps == 0 ? 0 : sum / Steps)];

    public override AttentionPlan Select(in AttentionCall call, out bool observe)
    {
        observe = _selector.PageCount(call.Length) > _options.Pages;
        Steps += observe && _place[call.Layer] == 0 ? 1 : 0;
        return AttentionPlan.All;
    }

    public override void Observe(in AttentionCall call, Matrix observed)
    {
        ReadOnlySpan<float> mass = call.Stream.Map(observed, ref _mass);
        int reader = _place[call.Layer];
        int length = call.Length;
        int heads = call.Shape.QueryHeads;
        _selector.Select(mass, heads, length).CopyTo(_lists[reader]);
        AddUpPages(mass, heads, length);
        for (int publisher = 0; publisher <= reader; publisher++)
        {
            double found = 0;
            foreach (int page in _lists[publisher])
            {
                found += _pageMass[page];
            }

            Found[publisher, reader] += found;
        }

        (_map, _previousMap) = (_previousMap, _map);
        if (_map.Length < length)
        {
            Array.Resize(ref _map, 2 * length);
        }

        PageSelector.MaxOverHeads(mass, heads, _map.AsSpan(0, length));
        if (reader > 0)
        {
            _shift[reader] += 1 - TensorPrimitives.CosineSimilarity(_map.AsSpan(0, length), _previousMap.AsSpan(0, length));
        }
    }

    /// <summary>The mass of each far page, summed over heads; 0 for the first page and the recent ones.</summary>
    private void AddUpPages(ReadOnlySpan<float> mass, int heads, int length)
    {
        int pages = _selector.PageCount(length);
        if (_pageMass.Length < pages)
        {
            _pageMass = new double[2 * pages];
        }

        Array.Clear(_pageMass);
        for (int head = 0; head < heads; head++)
        {
            ReadOnlySpan<float> row = mass.Slice(head * length, length);
            for (int page = 1; page < pages - _options.RecentPages; page++)
            {
                _pageMass[page] += TensorPrimitives.Sum(row.Slice(page * _options.Page, _options.Page));
            }
        }
    }
}
