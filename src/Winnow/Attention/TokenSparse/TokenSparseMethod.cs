using System.Numerics.Tensors;
using Winnow.Calibration;
using Winnow.Compute;
using Winnow.Compute.Host.Selection;

namespace Winnow.Attention.TokenSparse;

/// <summary>Chooses the tokens of each head in the sparse layers of a prompt.</summary>
internal sealed class TokenSparseMethod : PrefillMethod
{
    /// <summary>The sparse KV heads, in the settings, as layer · kvHeads + head.</summary>
    public const string HeadsKey = "heads";

    /// <summary>The mass that they leave out, in the settings.</summary>
    public const string CoverageKey = "tau";

    private readonly TokenSparseAttention _options;
    private readonly float _coverage;
    private readonly bool _perKvHead;

    /// <summary>[layers][kvHeads]: the sparse ones; null for a layer without any.</summary>
    private readonly bool[]?[] _sparse;
    private readonly TopRows _top = new();
    private AttentionPlan? _plan;
    private float[] _scores = [];
    private float[] _sum = [];
    private float[] _ascending = [];

    public TokenSparseMethod(TokenSparseAttention options, MethodSetup setup)
    {
        AttentionLayers layers = setup.Layers;
        _options = options;
        _sparse = new bool[]?[layers.Count];
        CalibrationSection? calibration = options.Layers is null && options.Heads is null ? setup.Calibration.Find(TokenSparseAttention.Name) : null;
        IReadOnlyList<int>? heads = options.Heads ?? calibration?.Integers(HeadsKey);
        _coverage = options.Coverage ?? (float?)calibration?.Number(CoverageKey) ?? TokenSparseAttention.DefaultCoverage;
        _perKvHead = options.PerKvHead ?? heads is not null;
        int kvHeads = layers.Shapes[0].KvHeads;
        if (options.Layers is { } named)
        {
            layers.Check(named, "token-sparse: layers");
        }

        heads ??= [.. (options.Layers ?? [.. layers.Global.Skip(TokenSparseAttention.FirstDefaultLayer(layers.Global.Count))])
            .SelectMany(layer => Enumerable.Range(layer * kvHeads, kvHeads))];
        layers.Check([.. heads.Select(head => head < 0 ? -1 : head / kvHeads).Distinct()], "token-sparse: heads");
        foreach (int head in heads)
        {
            (_sparse[head / kvHeads] ??= new bool[kvHeads])[head % kvHeads] = true;
        }
    }

    public override int Window => _options.Window;

    public override bool Applies(int layer, int length) =>
        _sparse[layer] is not null && _coverage > 0 && length >= _options.From && length > (long)_options.MinimumOf(length) + _options.Window;

    public override AttentionPlan Select(int layer, AttentionShape shape, ReadOnlySpan<float> mass, int length)
    {
        int older = length - _options.Window;
        if (_sum.Length < older)
        {
            _scores = new float[shape.QueryHeads * older];
            _sum = new float[older];
            _ascending = new float[older];
        }

        for (int head = 0; head < shape.QueryHeads; head++)
        {
            Pooling.Average(mass.Slice(head * length, older), _options.Pool, Score(head, older));
        }

        bool[] sparse = _sparse[layer]!;
        int lists = _perKvHead ? shape.KvHeads : shape.QueryHeads;
        if (_plan is null || _plan.Lists != lists)
        {
            _plan = new AttentionPlan(_perKvHead ? AttentionPlanKind.PerKvHead : AttentionPlanKind.PerQueryHead, lists) { SelectsQueries = true };
        }

        int common = _perKvHead ? 0 : CountKept(SumScores(Enumerable.Range(0, lists).Where(head => sparse[head / shape.GroupSize]), older), length);
        bool leavesOut = false;
        for (int list = 0; list < lists; list++)
        {
            if (!sparse[list * shape.KvHeads / lists])
            {
                Fill(_plan.Resize(list, length), 0);
                continue;
            }

            ReadOnlySpan<float> score = _perKvHead ? SumScores(Enumerable.Range(list * shape.GroupSize, shape.GroupSize), older) : Score(list, older);
            int keep = _perKvHead ? CountKept(score, length) : common;
            Span<int> rows = _plan.Resize(list, keep + _options.Window);
            _top.Select(score, rows[..keep]);
            Fill(rows[keep..], older);
            leavesOut |= keep < older;
        }

        return leavesOut ? _plan : AttentionPlan.All;
    }

    private static void Fill(Span<int> rows, int first)
    {
        for (int i = 0; i < rows.Length; i++)
        {
            rows[i] = first + i;
        }
    }

    private Span<float> Score(int head, int older) => _scores.AsSpan(head * older, older);

    private ReadOnlySpan<float> SumScores(IEnumerable<int> heads, int older)
    {
        Span<float> sum = _sum.AsSpan(0, older);
        sum.Clear();
        foreach (int head in heads)
        {
            TensorPrimitives.Add(sum, Score(head, older), sum);
        }

        return sum;
    }

    /// <summary>How many tokens before the window are kept.</summary>
    private int CountKept(ReadOnlySpan<float> score, int length)
    {
        int drop = CountDropped(score);
        return drop == 0 ? score.Length : Math.Max(_options.MinimumOf(length), score.Length - drop - 1);
    }

    /// <summary>How many tokens, the least looked at first, together hold less than τ of the mass.</summary>
    private int CountDropped(ReadOnlySpan<float> score)
    {
        double sum = 0;
        foreach (float value in score)
        {
            sum += value;
        }

        Span<float> ascending = _ascending.AsSpan(0, score.Length);
        score.CopyTo(ascending);
        ascending.Sort();
        double cumulated = 0;
        int drop = 0;
        while (drop < ascending.Length && (cumulated += ascending[drop] / sum) < _coverage)
        {
            drop++;
        }

        return drop;
    }
}
