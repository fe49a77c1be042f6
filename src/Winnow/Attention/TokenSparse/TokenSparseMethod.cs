using System.Numerics.Tensors;
using Winnow.Calibration;
using Winnow.Compute;

namespace Winnow.Attention.TokenSparse;

/// <summary>Chooses the tokens of each head in the sparse layers of a prompt.</summary>
internal sealed class TokenSparseMethod
{
    private readonly TokenSparseAttention _options;
    private readonly float _coverage;
    private readonly bool _perKvHead;
    private readonly bool[] _sparse;
    private readonly TopRows _top = new();
    private AttentionPlan? _plan;
    private float[] _scores = [];
    private float[] _total = [];
    private float[] _pooled = [];

    public TokenSparseMethod(TokenSparseAttention options, MethodSetup setup)
    {
        AttentionLayers layers = setup.Layers;
        _options = options;
        _sparse = new bool[layers.Count];
        CalibrationSection? calibration = options.Layers is null ? setup.Calibration.Find(TokenSparseAttention.Name) : null;
        _coverage = options.Coverage ?? (float?)calibration?.Number(TokenSparseCalibrator.CoverageKey) ?? TokenSparseAttention.DefaultCoverage;
        _perKvHead = options.PerKvHead ?? calibration?.Settings[TokenSparseCalibrator.SharedKey]?.GetValue<bool>() ?? false;
        IReadOnlyList<int>? chosen = options.Layers ?? calibration?.Integers(TokenSparseCalibrator.LayersKey);
        if (chosen is not null)
        {
            layers.Check(chosen, "token-sparse: layers");
        }

        foreach (int layer in chosen ?? [.. layers.Global.Skip(TokenSparseAttention.FirstDefaultLayer(layers.Global.Count))])
        {
            _sparse[layer] = true;
        }
    }

    /// <summary>The last queries of the prompt whose attention mass <see cref="Select"/> needs.</summary>
    public int Window => _options.Window;

    /// <summary>Whether a layer's attention to a prompt of this length can be sparse at all.</summary>
    public bool Applies(int layer, int length) => _sparse[layer] && _coverage > 0 && length >= _options.From && length > (long)_options.Minimum + _options.Window;

    /// <summary>Chooses the tokens of each head.</summary>
    /// <param name="shape">The layer's heads.</param>
    /// <param name="mass">[queryHeads, length]: mean probability of each row over the window's queries; overwritten.</param>
    /// <param name="length">The prompt's length.</param>
    public AttentionPlan Select(AttentionShape shape, Span<float> mass, int length)
    {
        int older = length - _options.Window;
        if (_scores.Length < shape.QueryHeads * older)
        {
            _scores = new float[shape.QueryHeads * older];
            _total = new float[older];
            _pooled = new float[older];
        }

        Span<float> total = _total.AsSpan(0, older);
        total.Clear();
        for (int head = 0; head < shape.QueryHeads; head++)
        {
            Span<float> score = _scores.AsSpan(head * older, older);
            Pooling.Average(mass.Slice(head * length, older), _options.Pool, score);
            TensorPrimitives.Add(total, score, total);
        }

        int drop = CountDropped(total);
        if (drop == 0)
        {
            return AttentionPlan.All;
        }

        int keep = Math.Max(_options.Minimum, older - drop - 1);
        AttentionPlanKind kind = _perKvHead ? AttentionPlanKind.PerKvHead : AttentionPlanKind.PerQueryHead;
        int lists = _perKvHead ? shape.KvHeads : shape.QueryHeads;
        if (_plan is null || _plan.Lists != lists)
        {
            _plan = new AttentionPlan(kind, lists) { SelectsQueries = true };
        }

        for (int list = 0; list < lists; list++)
        {
            Span<int> rows = _plan.Resize(list, keep + _options.Window);
            _top.Select(ListScore(shape, list, older), rows[..keep]);
            for (int i = 0; i < _options.Window; i++)
            {
                rows[keep + i] = older + i;
            }
        }

        return _plan;
    }

    /// <summary>How many tokens, the least looked at first, together hold less than τ of the mass of all heads.</summary>
    private int CountDropped(Span<float> total)
    {
        double sum = 0;
        foreach (float value in total)
        {
            sum += value;
        }

        Span<float> ascending = _pooled.AsSpan(0, total.Length);
        total.CopyTo(ascending);
        ascending.Sort();
        double cumulated = 0;
        int drop = 0;
        while (drop < ascending.Length && (cumulated += ascending[drop] / sum) < _coverage)
        {
            drop++;
        }

        return drop;
    }

    private ReadOnlySpan<float> ListScore(AttentionShape shape, int list, int older)
    {
        if (!_perKvHead)
        {
            return _scores.AsSpan(list * older, older);
        }

        Span<float> score = _pooled.AsSpan(0, older);
        score.Clear();
        for (int head = list * shape.GroupSize; head < (list + 1) * shape.GroupSize; head++)
        {
            TensorPrimitives.Add(score, _scores.AsSpan(head * older, older), score);
        }

        return score;
    }
}
