using System.Buffers.Binary;
using System.Runtime.InteropServices;
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
    private readonly LayerState[] _layers;
    private readonly AttentionPlan _plan;
    private readonly HeadScratch[] _scratch;
    private readonly CodingWork _coding = new();
    private readonly byte[] _codebookHash;
    private float[] _queries = [];

    // What the parts of the work under way look at.
    private LayerState _layer;
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
        _layers = new LayerState[setup.Layers.Count];
        for (int i = 0; i < _layers.Length; i++)
        {
            _layers[i] = new LayerState(setup.Layers.Shapes[i], setup.Ropes[i], far);
            if (codebooks is not null)
            {
                _layers[i].SetCodebooks(codebooks[i]);
            }
            else
            {
                _layers[i].Training = new OnlineCodebooks(_layers[i].Shape, _layers[i].Rotation, options.Centroids ?? OnlineCodebooks.DefaultCentroids);
            }
        }

        _codebookHash = HashOf(codebooks);
        _layer = _layers[0];
        _plan = new AttentionPlan(AttentionPlanKind.PerKvHead, shape.KvHeads);
        _scratch = [.. Enumerable.Range(0, shape.KvHeads).Select(_ => new HeadScratch())];
    }

    public override bool NeedsUnrotatedQueries => true;

    public override bool NeedsUnrotatedKeys => true;

    public override long StateBytes => _layers.Sum(layer => layer.Codes.Sum(codes => codes.SizeBytes));

    /// <summary>The codes, if their codebooks come from a file: [codebook hash][tokens][layers][kvHeads][tokens] codes.</summary>
    public override byte[] SaveState(int length)
    {
        if (_codebookHash.Length == 0)
        {
            return [];
        }

        KeyCodes[] heads = [.. GlobalCodes()];
        length = heads.Select(codes => codes.Length).Append(length).Min();
        byte[] state = new byte[_codebookHash.Length + sizeof(int) + (heads.Length * length * sizeof(ushort))];
        _codebookHash.CopyTo(state, 0);
        Span<byte> rest = state.AsSpan(_codebookHash.Length);
        BinaryPrimitives.WriteInt32LittleEndian(rest, length);
        rest = rest[sizeof(int)..];
        foreach (KeyCodes codes in heads)
        {
            MemoryMarshal.AsBytes(codes.Codes[..length]).CopyTo(rest);
            rest = rest[(length * sizeof(ushort))..];
        }

        return state;
    }

    public override void LoadState(ReadOnlySpan<byte> state)
    {
        foreach (LayerState layer in _layers)
        {
            layer.Truncate(0);
        }

        // Codes of another codebook mean nothing: those of this one are made from the keys when they are needed.
        if (_codebookHash.Length > 0 && state.Length > _codebookHash.Length + sizeof(int) && state.StartsWith(_codebookHash))
        {
            ReadOnlySpan<byte> rest = state[_codebookHash.Length..];
            int length = BinaryPrimitives.ReadInt32LittleEndian(rest);
            rest = rest[sizeof(int)..];
            foreach (KeyCodes codes in GlobalCodes())
            {
                Span<ushort> target = codes.Append(0, length);
                MemoryMarshal.Cast<byte, ushort>(rest[..(length * sizeof(ushort))]).CopyTo(target);
                rest = rest[(length * sizeof(ushort))..];
            }
        }
    }

    public override void CopyState(DecodeMethod other)
    {
        if (other is not A2atsMethod method || method._options.Far != _options.Far || !method._codebookHash.AsSpan().SequenceEqual(_codebookHash)
            || (_codebookHash.Length == 0 && method._options.Centroids != _options.Centroids))
        {
            return;
        }

        for (int i = 0; i < _layers.Length; i++)
        {
            _layers[i].CopyFrom(method._layers[i]);
        }
    }

    public override void ObserveKeys(ComputeStream stream, int layer, int firstPosition, Matrix keys)
    {
        LayerState state = _layers[layer];
        state.Truncate(firstPosition);
        if (!state.HasCodebooks || state.Length < firstPosition || keys.Rows < BatchTokens)
        {
            // What is missing is read back from the cache when it is needed: of single tokens not before they leave the window.
            return;
        }

        Encode(stream, state, firstPosition, state.ReadKeys(stream, keys), keys.Rows);
    }

    public override void ObservePart(in AttentionCall call, bool isLast)
    {
        LayerState state = _layers[call.Layer];
        if (state.Training is { } training)
        {
            training.AddQueries(call.FirstPosition, state.ReadQueries(call), call.Queries.Rows);
            if (isLast)
            {
                Train(call, state, training);
            }
        }

        // A forked session may have begun with a cache that nobody coded: that belongs to the prompt, not to its first answer.
        if (isLast && state.HasCodebooks)
        {
            CatchUp(call, state, call.Length);
        }
    }

    public override AttentionPlan Select(in AttentionCall call, out bool observe)
    {
        observe = false;
        LayerState state = _layers[call.Layer];
        ReadOnlySpan<float> queries = state.ReadQueries(call);
        if (state.Training is { } training)
        {
            training.AddQueries(call.FirstPosition, queries, 1);
            Train(call, state, training);
        }

        int far = Math.Max(0, call.Length - _window - _options.Sink);
        if (!state.HasCodebooks || ReadsAll(call, far))
        {
            return AttentionPlan.All;
        }

        CatchUp(call, state, call.Length - _window);
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

    /// <summary>The codes of layers without a sliding window.</summary>
    private IEnumerable<KeyCodes> GlobalCodes() => _layers.Where(layer => layer.Shape.Window == 0).SelectMany(layer => layer.Codes);

    /// <summary>Tells codebooks apart; empty for those that a session makes.</summary>
    private static byte[] HashOf(Codebook[][]? codebooks)
    {
        if (codebooks is null)
        {
            return [];
        }

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

    private void Train(in AttentionCall call, LayerState state, OnlineCodebooks training)
    {
        if (training.IsDue(call.Length))
        {
            state.SetCodebooks(training.Train(call.Stream, call.Cache, state.Cached, call.Length));
            CatchUp(call, state, call.Length);
        }
    }

    /// <summary>Codes the tokens before a position, and perhaps a few more, that have none yet, from what the cache holds of their keys.</summary>
    private void CatchUp(in AttentionCall call, LayerState state, int end)
    {
        while (state.Length < end)
        {
            int count = Math.Min(call.Length - state.Length, Math.Clamp(end - state.Length, BatchTokens, CatchUpTokens));
            int width = call.Shape.KvHeads * call.Shape.HeadDimension;
            Span<float> keys = state.Keys(count * width);
            state.Cached.Read(call.Cache, state.Length, 1, keys);
            Encode(call.Stream, state, state.Length, state.KeyMemory, count);
        }
    }

    private void Encode(ComputeStream stream, LayerState state, int position, float[] keys, int count)
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
        public LayerState? Layer { get; set; }

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

    /// <summary>What a layer remembers.</summary>
    private sealed class LayerState(AttentionShape shape, RopeFrequencies? rope, int far)
    {
        private float[] _queries = [];

        public AttentionShape Shape => shape;

        public ConstantRotation Rotation { get; } = new(rope, far);

        public CachedKeys Cached { get; } = new(rope);

        public OnlineCodebooks? Training { get; set; }

        public Codebook[] Codebooks { get; private set; } = [];

        public KeyCodes[] Codes { get; private set; } = [];

        public bool HasCodebooks => Codebooks.Length > 0;

        /// <summary>Tokens that have codes.</summary>
        public int Length => HasCodebooks ? Codes[0].Length : 0;

        public float[] KeyMemory { get; private set; } = [];

        public void SetCodebooks(Codebook[] codebooks)
        {
            Codebooks = codebooks;
            Codes = Array.ConvertAll(codebooks, codebook => new KeyCodes(codebook.Count));
        }

        public void CopyFrom(LayerState other)
        {
            if (Training is not null && other.HasCodebooks)
            {
                SetCodebooks(other.Codebooks);
            }

            Training?.CopyFrom(other.Training!);
            for (int head = 0; head < Codes.Length; head++)
            {
                Codes[head].CopyFrom(other.Codes[head]);
            }
        }

        public void Truncate(int length)
        {
            foreach (KeyCodes codes in Codes)
            {
                codes.Truncate(length);
            }

            if (Training is { } training && training.Forgets(length))
            {
                Codebooks = [];
                Codes = [];
            }
        }

        public Span<float> Keys(int count)
        {
            if (KeyMemory.Length < count)
            {
                KeyMemory = new float[count];
            }

            return KeyMemory.AsSpan(0, count);
        }

        public float[] ReadKeys(ComputeStream stream, Matrix keys)
        {
            stream.Read(keys, Keys(keys.Rows * keys.Columns));
            return KeyMemory;
        }

        public ReadOnlySpan<float> ReadQueries(in AttentionCall call)
        {
            Matrix queries = call.UnrotatedQueries!.Value;
            int count = queries.Rows * queries.Columns;
            if (_queries.Length < count)
            {
                _queries = new float[count];
            }

            call.Stream.Read(queries, _queries.AsSpan(0, count));
            return _queries.AsSpan(0, count);
        }
    }
}
