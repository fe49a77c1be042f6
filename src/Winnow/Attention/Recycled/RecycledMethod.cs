using System.Numerics.Tensors;
using Winnow.Compute;
using Winnow.Compute.Host.Selection;

namespace Winnow.Attention.Recycled;

/// <summary>Schedule and row lists of recycled attention in one session.</summary>
internal sealed class RecycledMethod : DecodeMethod
{
    private readonly RecycledAttention _options;
    private readonly int _pool;
    private readonly LayerState[] _layers;
    private readonly TopRows _top = new();
    private float[] _score = [];
    private float[] _pooled = [];
    private float[] _query = [];
    private int _step;

    public RecycledMethod(RecycledAttention options, AttentionLayers layers)
    {
        _options = options;
        _pool = options.Pool ?? RecycledAttention.DefaultPool;
        _layers = [.. layers.Shapes.Select(shape => new LayerState(shape))];
    }

    /// <summary>The cosine is taken before rotation: afterwards it would also measure how far apart the two positions are.</summary>
    public override bool NeedsUnrotatedQueries => _options.Stride is null;

    public override int PromptWindow => 1;

    public override string StateKey => _options.Specification;

    public override bool ForgetsAtPromptEnd => true;

    public override void Mark(StateBuffer mark)
    {
        foreach (LayerState layer in _layers)
        {
            layer.Mark(mark);
        }
    }

    public override void Return(ReadOnlySpan<byte> mark, int length, int promptTokens)
    {
        StateReader source = new(mark);
        foreach (LayerState layer in _layers)
        {
            layer.Return(ref source, length);
        }
    }

    public override void ObservePrompt(in AttentionCall call, ReadOnlySpan<float> mass) => Refresh(call, mass);

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

        LayerState layer = _layers[call.Layer];
        int newer = call.Length - layer.Length;
        observe = layer.Length == 0 || call.Length == lastFull || newer >= _options.K || IsFullStep(call, layer);
        if (observe)
        {
            return AttentionPlan.All;
        }

        for (int head = 0; head < call.Shape.KvHeads; head++)
        {
            ReadOnlySpan<int> kept = layer.Keep(head, _options.K - newer);
            Span<int> rows = layer.Plan.Resize(head, kept.Length + newer);
            kept.CopyTo(rows);
            for (int i = 0; i < newer; i++)
            {
                rows[kept.Length + i] = layer.Length + i;
            }
        }

        return layer.Plan;
    }

    public override void Observe(in AttentionCall call, ReadOnlySpan<float> mass) => Refresh(call, mass);

    private bool IsFullStep(in AttentionCall call, LayerState layer)
    {
        if (_options.Stride is { } stride)
        {
            return _step % stride == 0;
        }

        if (_step % _options.Check != 0)
        {
            return false;
        }

        return TensorPrimitives.CosineSimilarity(ReadQuery(call), layer.ReferenceQuery) <= _options.Threshold;
    }

    /// <summary>Rebuilds the ranking of every KV head from the mass that this step's query gave to each row.</summary>
    private void Refresh(in AttentionCall call, ReadOnlySpan<float> mass)
    {
        LayerState layer = _layers[call.Layer];
        int length = call.Length;
        Grow(ref _score, length);
        Grow(ref _pooled, length);
        int group = call.Shape.GroupSize;
        for (int head = 0; head < call.Shape.KvHeads; head++)
        {
            Span<float> score = _score.AsSpan(0, length);
            mass.Slice(head * group * length, length).CopyTo(score);
            for (int query = 1; query < group; query++)
            {
                // The maximum, not the mean: a needle that one head sees must not drown in what the others see.
                TensorPrimitives.Max(score, mass.Slice(((head * group) + query) * length, length), score);
            }

            if (_pool > 1)
            {
                Pooling.Max(score, _pool, _pooled.AsSpan(0, length));
                score = _pooled.AsSpan(0, length);
            }

            layer.Resize(head, Math.Min(_options.K, length), out Span<int> kept, out Span<int> ranking);
            _top.SelectRanked(score, kept, ranking);
        }

        layer.Length = length;
        if (NeedsUnrotatedQueries)
        {
            ReadQuery(call).CopyTo(layer.ReferenceQuery);
        }
    }

    private ReadOnlySpan<float> ReadQuery(in AttentionCall call)
    {
        Matrix queries = call.UnrotatedQueries!.Value;
        Grow(ref _query, queries.Columns);
        Span<float> query = _query.AsSpan(0, queries.Columns);
        call.Stream.Read(queries.RowSlice(queries.Rows - 1, 1), query);
        return query;
    }

    private static void Grow(ref float[] buffer, int length)
    {
        if (buffer.Length < length)
        {
            buffer = new float[Math.Max(length, 2 * buffer.Length)];
        }
    }

    /// <summary>What a layer remembers of its last full step.</summary>
    private sealed class LayerState(AttentionShape shape)
    {
        private readonly int[][] _ranking = Create(shape.KvHeads);
        private readonly int[] _rankingCount = new int[shape.KvHeads];
        private readonly int[][] _kept = Create(shape.KvHeads);
        private readonly int[] _keptCount = new int[shape.KvHeads];

        public AttentionPlan Plan { get; } = new(AttentionPlanKind.PerKvHead, shape.KvHeads);

        /// <summary>The query of all heads, before rotation.</summary>
        public float[] ReferenceQuery { get; } = new float[shape.QueryHeads * shape.HeadDimension];

        /// <summary>Rows in the cache at that step; 0 before the first.</summary>
        public int Length { get; set; }

        /// <summary>Writes down the last full step; empty before the first.</summary>
        public void Mark(StateBuffer mark)
        {
            mark.Write(Length);
            for (int head = 0; Length > 0 && head < shape.KvHeads; head++)
            {
                mark.Write(_rankingCount[head]);
                mark.Write<int>(_ranking[head].AsSpan(0, _rankingCount[head]));
            }

            if (Length > 0)
            {
                mark.Write<float>(ReferenceQuery);
            }
        }

        /// <summary>Makes the full step that was written down the last one again.</summary>
        public void Return(ref StateReader mark, int length)
        {
            Length = mark.ReadInt32();
            StateReader.RequireRows(Length > 0 ? [Length - 1] : [], length);
            for (int head = 0; Length > 0 && head < shape.KvHeads; head++)
            {
                int count = mark.ReadCount(sizeof(int));
                Resize(head, count, out Span<int> kept, out Span<int> ranking);
                mark.Read(ranking);
                StateReader.RequireRows(ranking, Length);
                ranking.CopyTo(kept);
                kept.Sort();
            }

            if (Length > 0)
            {
                mark.Read<float>(ReferenceQuery);
            }
        }

        /// <summary>The rows of a KV head, to be filled: in ascending order, and by descending score.</summary>
        public void Resize(int head, int count, out Span<int> kept, out Span<int> ranking)
        {
            Grow(ref _kept[head], count);
            Grow(ref _ranking[head], count);
            _rankingCount[head] = count;
            _keptCount[head] = count;
            kept = _kept[head].AsSpan(0, count);
            ranking = _ranking[head].AsSpan(0, count);
        }

        /// <summary>The first <paramref name="count"/> rows of the ranking, in ascending order; counts fall between two full steps.</summary>
        public ReadOnlySpan<int> Keep(int head, int count)
        {
            count = Math.Min(count, _rankingCount[head]);
            ReadOnlySpan<int> ranking = _ranking[head].AsSpan(0, _rankingCount[head]);
            while (_keptCount[head] > count)
            {
                // The victim is the row that ranked lowest at the full step.
                Span<int> kept = _kept[head].AsSpan(0, _keptCount[head]);
                int victim = kept.BinarySearch(ranking[_keptCount[head] - 1]);
                kept[(victim + 1)..].CopyTo(kept[victim..]);
                _keptCount[head]--;
            }

            return _kept[head].AsSpan(0, count);
        }

        private static void Grow(ref int[] buffer, int length)
        {
            if (buffer.Length < length)
            {
                buffer = new int[Math.Max(length, 2 * buffer.Length)];
            }
        }

        private static int[][] Create(int heads)
        {
            int[][] lists = new int[heads][];
            Array.Fill(lists, []);
            return lists;
        }
    }
}
