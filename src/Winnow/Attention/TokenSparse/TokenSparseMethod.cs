using Winnow.Calibration;
using Winnow.Compute;

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

    /// <summary>[layers][kvHeads]: the sparse ones; null for a layer without any.</summary>
    private readonly bool[]?[] _sparse;
    private readonly RowSelector _selector;
    private readonly AttentionPlan _plan;

    public TokenSparseMethod(TokenSparseAttention options, MethodSetup setup, RowSelector selector)
    {
        AttentionLayers layers = setup.Layers;
        _options = options;
        _sparse = new bool[]?[layers.Count];
        CalibrationSection? calibration = options.Layers is null && options.Heads is null ? setup.Calibration.Find(TokenSparseAttention.Name) : null;
        IReadOnlyList<int>? heads = options.Heads ?? calibration?.Integers(HeadsKey);
        _coverage = options.Coverage ?? (float?)calibration?.Number(CoverageKey) ?? TokenSparseAttention.DefaultCoverage;
        int kvHeads = layers.GlobalShape.KvHeads;
        _selector = selector;
        _plan = options.PerKvHead ?? heads is not null
            ? selector.CreatePlan(AttentionPlanKind.PerKvHead, kvHeads, selectsQueries: true)
            : selector.CreatePlan(AttentionPlanKind.PerQueryHead, layers.GlobalShape.QueryHeads, selectsQueries: true);
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

    public override AttentionPlan Select(in AttentionCall call, Matrix mass)
    {
        TokenChoice choice = new(_options.Window, _options.Pool, _coverage, _options.MinimumOf(call.Length));
        _selector.TakeTokens(call.Stream, mass, call.Shape, choice, _sparse[call.Layer], _plan);
        return _plan;
    }
}
