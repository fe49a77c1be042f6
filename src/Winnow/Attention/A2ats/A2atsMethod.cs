using System.Globalization;
using System.Security.Cryptography;
using Winnow.Compute;

namespace Winnow.Attention.A2ats;

/// <summary>Codes and choices of A²ATS in one session.</summary>
/// <remarks>
/// Section 5 of the paper. Keys are coded before rotation, queries are rotated by a constant, and the choice ranks far tokens
/// only: attention on what was chosen is exact. Sliding-window layers are never asked about.
/// </remarks>
internal sealed class A2atsMethod : DecodeMethod, IHostWork
{
    /// <summary>Tokens that are read back from the cache in one piece.</summary>
    private const int CatchUpTokens = 256;

    /// <summary>Tokens that are coded together where there is time: a codebook is read once for all of them.</summary>
    private const int BatchTokens = 16;

    private readonly A2atsAttention _options;
    private readonly double _rho;
    private readonly int _window;
    private readonly double[]? _budgets;
    private readonly A2atsLayer[] _layers;

    /// <summary>Those without a sliding window: the others keep nothing.</summary>
    private readonly A2atsLayer[] _global;
    private readonly AttentionPlan _plan;
    private readonly HeadScratch[] _scratch;
    private readonly CodingWork _coding = new();
    private float[] _queries = [];

    // What the parts of the work under way look at.
    private A2atsLayer _layer;
    private int _layerIndex;
    private int _length;

    public A2atsMethod(A2atsAttention options, MethodSetup setup)
        : this(options, setup, A2atsCalibration.Find(options, setup))
    {
    }

    /// <param name="options">How to choose and where rows lie.</param>
    /// <param name="setup">The model.</param>
    /// <param name="calibration">Codebooks and budgets, as far as there are any.</param>
    public A2atsMethod(A2atsAttention options, MethodSetup setup, A2atsCalibration calibration)
    {
        _options = options;
        AttentionShape shape = setup.Layers.Shapes[0];
        Codebook[][]? codebooks = calibration.Codebooks;
        _rho = options.Rho ?? A2atsAttention.DefaultRho;
        _window = options.Window ?? A2atsAttention.DefaultWindow;
        _budgets = options.Budget is null ? calibration.Budgets : null;
        int far = options.Far ?? calibration.Far ?? A2atsAttention.DefaultFar(setup.ContextLength);
        _layers = [.. setup.Layers.Shapes.Select((shape, i) => new A2atsLayer(shape, setup.Ropes[i], far)
        {
            Training = codebooks is null ? new OnlineCodebooks(shape, new ConstantRotation(setup.Ropes[i], far), options.Centroids) : null,
        })];
        for (int i = 0; codebooks is not null && i < _layers.Length; i++)
        {
            _layers[i].Add(0, codebooks[i]);
        }

        _global = [.. setup.Layers.Global.Select(layer => _layers[layer])];
        StateKey = codebooks is null
            ? string.Create(CultureInfo.InvariantCulture, $"{A2atsAttention.Name}:far={far},centroids={options.Centroids},codebook=online")
            : string.Create(CultureInfo.InvariantCulture, $"{A2atsAttention.Name}:far={far},codebook={Convert.ToHexString(HashOf(codebooks))}");
        _layer = _layers[0];
        _plan = new AttentionPlan(AttentionPlanKind.PerKvHead, shape.KvHeads);
        _scratch = [.. Enumerable.Range(0, shape.KvHeads).Select(_ => new HeadScratch())];
    }

    public override bool NeedsUnrotatedQueries => true;

    public override bool NeedsUnrotatedKeys => true;

    public override long StateBytes => _layers.Sum(layer => layer.SizeBytes);

    public override string StateKey { get; }

    /// <summary>Codes of generated tokens are made from the cache when they are needed; only codebooks in the making change.</summary>
    public override bool ChangesWithSteps => Array.Exists(_global, layer => layer.IsTraining);

    public override bool ChangesWithPromptTokens => ChangesWithSteps;

    public override void Mark(StateBuffer mark)
    {
        foreach (A2atsLayer layer in _global)
        {
            layer.Mark(mark);
        }
    }

    public override void Return(ReadOnlySpan<byte> mark, int length, int promptTokens)
    {
        StateReader source = new(mark);
        foreach (A2atsLayer layer in _global)
        {
            layer.Return(ref source, length, promptTokens);
        }
    }

    public override void Save(StateBuffer target)
    {
        foreach (A2atsLayer layer in _global)
        {
            layer.Save(target);
        }
    }

    public override void Load(ref StateReader source)
    {
        foreach (A2atsLayer layer in _global)
        {
            layer.Load(ref source);
        }
    }

    public override void CopyFrom(DecodeMethod other)
    {
        for (int i = 0; i < _global.Length; i++)
        {
            _global[i].CopyFrom(((A2atsMethod)other)._global[i]);
        }
    }

    public override void ObserveKeys(ComputeStream stream, int layer, int firstPosition, Matrix keys)
    {
        A2atsLayer state = _layers[layer];
        if (state.HasCodebooks && state.Length == firstPosition)
        {
            Encode(stream, state, firstPosition, state.ReadKeys(stream, keys), keys.Rows);
        }

        // What is missing, as behind an answer, is read back from the cache at the end of the prompt.
    }

    public override void ObservePart(in AttentionCall call, bool isLast)
    {
        A2atsLayer state = _layers[call.Layer];
        if (state.Training is { } training)
        {
            AddQueries(call, state, state.ReadQueries(call));
            if (isLast)
            {
                Train(call, state, training);
            }
        }

        // A forked session may have begun with a cache that nobody coded: that belongs to the prompt, not to its first answer.
        if (isLast && state.HasCodebooks)
        {
            CatchUp(call, state, call.Length, call.Length);
        }
    }

    public override AttentionPlan Select(in AttentionCall call, out bool observe)
    {
        observe = false;
        A2atsLayer state = _layers[call.Layer];
        ReadOnlySpan<float> queries = state.ReadQueries(call);
        if (state.Training is { } training)
        {
            AddQueries(call, state, queries);
            Train(call, state, training);
        }

        int far = Math.Max(0, call.Length - _window - _options.Sink);
        if (!state.HasCodebooks || ReadsAll(call, far))
        {
            return AttentionPlan.All;
        }

        // Of generated tokens never the newest one: a prompt that follows them finds a gap and reads its keys back too, wherever the answer was cut.
        CatchUp(call, state, call.Length - _window, call.Length - 1);
        if (_queries.Length != queries.Length)
        {
            _queries = new float[queries.Length];
        }

        queries.CopyTo(_queries);
        _layer = state;
        _layerIndex = call.Layer;
        _length = call.Length;
        call.Stream.RunOnHost(this, call.Shape.KvHeads);
        return _plan;
    }

    /// <summary>The choice of one KV head.</summary>
    void IHostWork.Run(int part)
    {
        AttentionShape shape = _layer.Shape;
        Codebook codebook = _layer.Codebooks[part];
        KeyCodes codes = _layer.Codes[part];
        HeadScratch scratch = _scratch[part];
        int first = _options.Sink;
        int end = _length - _window;
        codes.CountFar(first, end);

        Span<float> queries = _queries.AsSpan(part * shape.GroupSize * shape.HeadDimension, shape.GroupSize * shape.HeadDimension);
        for (int i = 0; i < queries.Length; i += shape.HeadDimension)
        {
            _layer.Rotation.Rotate(queries.Slice(i, shape.HeadDimension));
        }

        Span<float> tables = scratch.Tables(shape.GroupSize * codebook.TableLength);
        codebook.FillTables(queries, tables);
        scratch.Selection.Begin(codebook.Count);
        int budget = Budget(_layerIndex, part, _length);
        for (int head = 0; head < shape.GroupSize; head++)
        {
            scratch.Selection.Add(tables.Slice(head * codebook.TableLength, codebook.Count), codes.Codes, codes.Counts, first, end, budget);
        }

        Span<int> rows = _plan.Resize(part, _length);
        for (int row = 0; row < first; row++)
        {
            rows[row] = row;
        }

        int count = first + scratch.Selection.Write(codes.Codes, first, end, rows[first..]);
        for (int row = end; row < _length; row++)
        {
            rows[count++] = row;
        }

        _plan.Resize(part, count);
    }

    /// <summary>Tells codebooks apart.</summary>
    private static byte[] HashOf(Codebook[][] codebooks)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (Codebook codebook in codebooks.SelectMany(layer => layer))
        {
            codebook.AppendTo(hash);
        }

        return hash.GetHashAndReset();
    }

    /// <summary>Far tokens that each query head of a KV head chooses.</summary>
    private int Budget(int layer, int head, int length) =>
        _options.Budget ?? (int)((_budgets is null ? _rho : _budgets[(layer * _scratch.Length) + head]) * length);

    private bool ReadsAll(in AttentionCall call, int far)
    {
        for (int head = 0; head < call.Shape.KvHeads; head++)
        {
            if (far > Budget(call.Layer, head, call.Length))
            {
                return false;
            }
        }

        return true;
    }

    private static void AddQueries(in AttentionCall call, A2atsLayer state, ReadOnlySpan<float> queries)
    {
        if (state.IsTraining)
        {
            state.Training!.AddQueries(call.FirstPosition, queries, call.Queries.Rows);
        }
    }

    private void Train(in AttentionCall call, A2atsLayer state, OnlineCodebooks training)
    {
        if (OnlineCodebooks.IsDue(call.Length, state.TrainedLength) && training.Train(call.Stream, call.Cache, state.Cached, call.Length) is { } codebooks)
        {
            state.Add(call.Length, codebooks);
            CatchUp(call, state, call.Length, call.Length);
        }
    }

    /// <summary>Codes the tokens before a position, and perhaps a few more, that have none yet, from what the cache holds of their keys.</summary>
    private void CatchUp(in AttentionCall call, A2atsLayer state, int end, int most)
    {
        while (state.Length < Math.Min(end, most))
        {
            int count = Math.Min(most - state.Length, Math.Clamp(end - state.Length, BatchTokens, CatchUpTokens));
            int width = call.Shape.KvHeads * call.Shape.HeadDimension;
            Span<float> keys = state.Keys(count * width);
            state.Cached.Read(call.Cache, state.Length, 1, keys);
            Encode(call.Stream, state, state.Length, state.KeyMemory, count);
        }
    }

    private void Encode(ComputeStream stream, A2atsLayer state, int position, float[] keys, int count)
    {
        _coding.Layer = state;
        _coding.Keys = keys;
        _coding.Position = position;
        _coding.Count = count;
        stream.RunOnHost(_coding, state.Shape.KvHeads);
    }

    /// <summary>Codes the keys of one KV head.</summary>
    private sealed class CodingWork : IHostWork
    {
        public A2atsLayer? Layer { get; set; }

        public float[] Keys { get; set; } = [];

        public int Position { get; set; }

        public int Count { get; set; }

        public void Run(int part)
        {
            int dimension = Layer!.Shape.HeadDimension;
            int width = Layer.Shape.KvHeads * dimension;
            Layer.Codebooks[part].Encode(Keys.AsSpan(part * dimension, (Count * width) - (part * dimension)), width, Layer.Codes[part].Append(Position, Count));
        }
    }

    /// <summary>Memory of one KV head's choice, reused from layer to layer.</summary>
    private sealed class HeadScratch
    {
        private float[] _tables = [];

        public FarSelection Selection { get; } = new();

        public Span<float> Tables(int length)
        {
            if (_tables.Length < length)
            {
                _tables = new float[length];
            }

            return _tables.AsSpan(0, length);
        }
    }
}
