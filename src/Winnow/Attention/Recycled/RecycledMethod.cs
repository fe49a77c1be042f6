using Winnow.Compute;

namespace Winnow.Attention.Recycled;

/// <summary>The schedule of recycled attention in one session.</summary>
internal sealed class RecycledMethod : DecodeMethod
{
    private readonly RecycledAttention _options;
    private readonly AttentionLayers _layers;
    private readonly RowSelector _selector;
    private readonly int _pool;
    private readonly LayerState?[] _states;
    private readonly AttentionPlan _plan;
    private int _step;

    /// <summary>The plan of the step under way where the device decides; null where the schedule does.</summary>
    private AttentionPlan? _condition;

    public RecycledMethod(RecycledAttention options, AttentionLayers layers, RowSelector selector)
    {
        _options = options;
        _layers = layers;
        _selector = selector;
        _pool = options.Pool ?? RecycledAttention.DefaultPool;
        _states = new LayerState?[layers.Count];
        foreach (int layer in layers.Global)
        {
            _states[layer] = new LayerState(selector.CreateRanking(layers.Shapes[layer], NeedsUnrotatedQueries));
        }

        States = [.. layers.Global.Select(layer => _states[layer]!.Ranking)];
        _plan = selector.CreatePlan(AttentionPlanKind.PerKvHead, layers.GlobalShape.KvHeads);
    }

    /// <summary>The cosine is taken before rotation: afterwards it would also measure how far apart the two positions are.</summary>
    public override bool NeedsUnrotatedQueries => _options.Stride is null;

    public override int PromptWindow => 1;

    public override string StateKey => _options.Specification;

    public override bool ForgetsAtPromptEnd => true;

    public override IReadOnlyList<SelectionState> States { get; }

    public override DecodeMethod CreateAnew() => new RecycledMethod(_options, _layers, _selector);

    public override void Mark(StateBuffer mark)
    {
        foreach (LayerState? layer in _states)
        {
            mark.Write(layer?.Length ?? 0);
        }
    }

    public override void Return(ReadOnlySpan<byte> mark, int length, int promptTokens)
    {
        StateReader source = new(mark);
        foreach (LayerState? layer in _states)
        {
            int ranked = source.ReadInt32();
            StateReader.RequireRows(ranked == 0 ? [] : [ranked - 1], length);
            if (layer is not null)
            {
                // Without a ranking the next step makes one.
                layer.Length = layer.Ranking.Count == 0 ? 0 : ranked;
            }
        }
    }

    public override void ObservePrompt(in AttentionCall call, Matrix mass) => Refresh(call, mass, condition: null);

    public override void BeginStep(int step) => _step = step;

    public override AttentionPlan Select(in AttentionCall call, out bool observe)
    {
        int lastFull = Math.Max(_options.K, _options.From - 1);
        if (call.Length < lastFull)
        {
            // The next step is full as well and makes this one's list worthless.
            observe = false;
            return AttentionPlan.All;
        }

        LayerState layer = _states[call.Layer]!;
        _condition = null;
        observe = layer.Length == 0 || call.Length == lastFull || IsFullStep(call.Length - layer.Length);
        if (observe)
        {
            return AttentionPlan.All;
        }

        QueryCheck? check = Check(call, layer);
        _selector.Recycle(call.Stream, layer.Ranking, _options.K, call.Length, _plan, check);
        observe = check is not null;
        _condition = observe ? _plan : null;
        return _plan;
    }

    public override void Observe(in AttentionCall call, Matrix mass) => Refresh(call, mass, _condition);

    /// <summary>Whether the fixed schedule has a full step here.</summary>
    /// <param name="newer">Rows since the last one.</param>
    private bool IsFullStep(int newer) => _options.Stride is { } stride && (newer >= _options.K || _step % stride == 0);

    /// <summary>What the device looks at to decide whether this step is full; null where it is not.</summary>
    private QueryCheck? Check(in AttentionCall call, LayerState layer)
    {
        if (_options.Stride is not null)
        {
            return null;
        }

        if (_step % _options.Check == 0)
        {
            return new QueryCheck(LastQuery(call), _options.Threshold);
        }

        // Only the device knows whether there was a full step since the last certain one.
        return call.Length - layer.Length >= _options.K ? new QueryCheck(null, _options.Threshold) : null;
    }

    /// <summary>Has the ranking of every KV head made anew from the mass that this step's query gave to each row.</summary>
    private void Refresh(in AttentionCall call, Matrix mass, AttentionPlan? condition)
    {
        LayerState layer = _states[call.Layer]!;
        RankChoice choice = new(RankVotes.Largest, _pool, Math.Min(_options.K, call.Length));
        _selector.Rank(call.Stream, mass, choice, layer.Ranking, NeedsUnrotatedQueries ? LastQuery(call) : null, condition);
        if (condition is null)
        {
            layer.Length = call.Length;
        }
    }

    private static Matrix LastQuery(in AttentionCall call)
    {
        Matrix queries = call.UnrotatedQueries!.Value;
        return queries.RowSlice(queries.Rows - 1, 1);
    }

    /// <summary>What the host knows of a layer's last full step.</summary>
    private sealed class LayerState(RankedRows ranking)
    {
        public RankedRows Ranking => ranking;

        /// <summary>Rows in the cache at the last step that was certainly full, while the device may have made others since; 0 before the first.</summary>
        public int Length { get; set; }
    }
}
