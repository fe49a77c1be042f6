using Winnow.Compute;
using Winnow.Formats;
using Winnow.Models.Architectures;
using Winnow.Models.Config;
using Winnow.Models.Recurrence;
using Winnow.Tensors;

namespace Winnow.Models.Weights;

/// <summary>Brings the tensors of a file to a device: finds them by role, checks shapes, refuses what is missing or unknown.</summary>
internal sealed unsafe class WeightLoader
{
    private readonly LayerDevices _devices;
    private readonly ITensorFile _file;
    private readonly ModelConfig _config;
    private readonly TensorNaming _names;
    private readonly bool _isHuggingFace;
    private readonly VectorArena[] _arenas;
    private readonly List<IDisposable> _owned;
    private readonly HashSet<string> _used = new(StringComparer.Ordinal);

    /// <summary>The number of the device that tensors go to.</summary>
    private int _device;

    private WeightLoader(LayerDevices devices, ITensorFile file, ModelConfig config)
    {
        _devices = devices;
        _file = file;
        _config = config;
        _isHuggingFace = file is SafetensorsFile;
        _names = new TensorNaming(file, config.Architecture);
        _arenas = [.. devices.All.Select(device => new VectorArena(device))];
        _owned = [.. _arenas];
    }

    /// <summary>Loads all weights.</summary>
    /// <param name="devices">Where those of each layer go; the embeddings to the first layer's, the output head to the last one's. They may go on reading the file's memory.</param>
    /// <param name="file">The tensors.</param>
    /// <param name="config">The hyper-parameters of the same model.</param>
    /// <param name="progress">Told the fraction that is loaded, or null.</param>
    /// <param name="cancellation">Looked at between layers.</param>
    /// <exception cref="ModelFormatException">A tensor is missing, unknown, or of another shape or type than it must be.</exception>
    public static TransformerWeights Load(
        LayerDevices devices, ITensorFile file, ModelConfig config, IProgress<double>? progress, CancellationToken cancellation)
    {
        WeightLoader loader = new(devices, file, config);
        try
        {
            return loader.Load(progress, cancellation);
        }
        catch
        {
            loader._owned.ForEach(owned => owned.Dispose());
            throw;
        }
    }

    /// <summary>The hyper-parameters.</summary>
    public ModelConfig Config => _config;

    private Device Device => _devices.All[_device];

    private VectorArena Vectors => _arenas[_device];

    private TransformerWeights Load(IProgress<double>? progress, CancellationToken cancellation)
    {
        _device = _devices.IndexOf(0);
        Weight embedding = LoadWeight(TensorRole.Embedding, 0, _config.VocabularySize, _config.HiddenSize);
        LayerWeights[] layers = new LayerWeights[_config.Layers.Count];
        for (int i = 0; i < layers.Length; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            _device = _devices.IndexOf(i);
            layers[i] = LoadLayer(i);
            progress?.Report((i + 1.0) / (layers.Length + 1));
        }

        bool isTied = _config.IsTied ?? !_file.Tensors.ContainsKey(_names.Weight(TensorRole.Output, 0));
        bool isShared = isTied && _device == _devices.IndexOf(0);
        TransformerWeights weights = new(_owned)
        {
            Embedding = embedding,
            Layers = layers,
            OutputNorm = LoadNorm(TensorRole.OutputNorm, 0, _config.HiddenSize),
            Output = isShared
                ? new Projection(embedding, null)
                : LoadProjection(isTied ? TensorRole.Embedding : TensorRole.Output, 0, _config.VocabularySize, _config.HiddenSize, needsBias: false),
        };
        if (isTied)
        {
            // Some files of tied models hold a copy.
            _used.Add(_names.Weight(TensorRole.Output, 0));
        }

        RefuseUnknownTensors();
        progress?.Report(1);
        return weights;
    }

    private LayerWeights LoadLayer(int layer)
    {
        Architecture architecture = _config.Architecture;
        int hidden = _config.HiddenSize;
        int queryWidth = _config.QueryHeads * _config.HeadDimension;
        int keyWidth = _config.KvHeads * _config.HeadDimension;
        NormPlacement placement = _config.Layers[layer].NormPlacement ?? architecture.NormPlacement;
        bool normsBefore = placement != NormPlacement.After;
        bool normsAfter = placement != NormPlacement.Before;
        bool wholeNorm = architecture.QueryKeyNorm == QueryKeyNorm.WholeProjection;
        bool normsHeads = architecture.QueryKeyNorm != QueryKeyNorm.None;
        Biases biases = architecture.Biases;
        LayerConfig blocks = _config.Layers[layer];
        bool mixes = blocks.Attends || blocks.Recurrent is not null;
        bool feeds = blocks.FeedsForward;
        ExpertConfig? experts = feeds && _file.Tensors.ContainsKey(_names.Weight(TensorRole.Router, layer)) ? _config.Experts : null;
        return new LayerWeights
        {
            AttentionNorm = normsBefore && mixes ? LoadNorm(TensorRole.AttentionNorm, layer, hidden) : null,
            QueryKeyValue = !blocks.Attends ? null : LoadFused(
                TensorRole.QueryKeyValue,
                [(TensorRole.Query, architecture.GatesAttention ? 2 * queryWidth : queryWidth), (TensorRole.Key, keyWidth), (TensorRole.Value, keyWidth)],
                layer,
                biases.HasFlag(Biases.QueryKeyValue)),
            QueryNorm = normsHeads && blocks.Attends ? LoadNorm(TensorRole.QueryNorm, layer, wholeNorm ? queryWidth : _config.HeadDimension) : null,
            KeyNorm = normsHeads && blocks.Attends ? LoadNorm(TensorRole.KeyNorm, layer, wholeNorm ? keyWidth : _config.HeadDimension) : null,
            AttentionOutput = !blocks.Attends ? null
                : LoadProjection(TensorRole.AttentionOutput, layer, hidden, queryWidth, biases.HasFlag(Biases.AttentionOutput)),
            Recurrent = blocks.Recurrent is { } recurrent ? RecurrentBlock.Load(this, recurrent, layer) : null,
            PostAttentionNorm = normsAfter && mixes ? LoadNorm(TensorRole.PostAttentionNorm, layer, hidden) : null,
            FeedForwardNorm = normsBefore && feeds ? LoadNorm(TensorRole.FeedForwardNorm, layer, hidden) : null,
            GateUp = feeds && experts is null ? LoadGateUp(layer) : null,
            Down = feeds && experts is null
                ? LoadProjection(TensorRole.Down, layer, hidden, _config.FeedForwardSize, biases.HasFlag(Biases.FeedForward))
                : null,
            Router = experts is null ? null : LoadWeight(TensorRole.Router, layer, experts.Count, hidden),
            Experts = experts is null ? null : LoadExperts(experts, layer),
            PostFeedForwardNorm = normsAfter && feeds ? LoadNorm(TensorRole.PostFeedForwardNorm, layer, hidden) : null,
        };
    }

    private ProjectionGroup LoadGateUp(int layer)
    {
        bool needsBias = _config.Architecture.Biases.HasFlag(Biases.FeedForward);
        (TensorRole Role, int Outputs) up = (TensorRole.Up, _config.FeedForwardSize);
        return _config.Architecture.IsGated
            ? LoadFused(TensorRole.GateUp, [(TensorRole.Gate, _config.FeedForwardSize), up], layer, needsBias)
            : new ProjectionGroup([LoadProjection(up.Role, layer, up.Outputs, _config.HiddenSize, needsBias)]);
    }

    /// <summary>Loads projections of the same input, which a file may hold as one tensor with their rows one after the other.</summary>
    private ProjectionGroup LoadFused(TensorRole fused, ReadOnlySpan<(TensorRole Role, int Outputs)> parts, int layer, bool needsBias)
    {
        Projection[] projections = new Projection[parts.Length];
        int outputs = 0;
        foreach ((_, int width) in parts)
        {
            outputs += width;
        }

        if (!IsFused(fused, parts[0].Role, layer))
        {
            for (int i = 0; i < parts.Length; i++)
            {
                projections[i] = LoadProjection(parts[i].Role, layer, parts[i].Outputs, _config.HiddenSize, needsBias);
            }

            return new ProjectionGroup(projections);
        }

        TensorEntry tensor = Take(_names.Weight(fused, layer), outputs, _config.HiddenSize);
        float[]? bias = TakeVector(_names.Bias(fused, layer), outputs, isRequired: needsBias);
        nint data = (nint)tensor.Data;
        if (_isHuggingFace && fused == TensorRole.QueryKeyValue && _config.Architecture.HuggingFaceQueryKeyValueIsPerHead)
        {
            int[] order = RowOrder.SplitHeads(_config.QueryHeads, _config.HeadDimension);
            NativeRows rows = new(tensor, order);
            _owned.Add(rows);
            data = rows.Data;
            tensor.LetGo();
            bias = bias is null ? null : Array.ConvertAll(order, row => bias[row]);
        }

        int first = 0;
        float scale = LoadScale(fused, layer);
        for (int i = 0; i < parts.Length; i++)
        {
            nint part = data + (nint)(first * tensor.Type.SizeBytes(_config.HiddenSize));
            Weight weight = Load($"{tensor.Name}[{parts[i].Role}]", tensor.Type, parts[i].Outputs, _config.HiddenSize, part);
            projections[i] = new Projection(weight, bias is null ? null : Vectors.Add(bias.AsSpan(first, parts[i].Outputs)), scale);
            first += parts[i].Outputs;
        }

        LetGo(tensor, projections[0].Weight.IsInPlace);
        return new ProjectionGroup(projections);
    }

    /// <summary>Whether the file has the fused tensor. In GGUF files fused gate and up are called like up: that gate is absent tells.</summary>
    private bool IsFused(TensorRole fused, TensorRole first, int layer) =>
        _names.Has(fused)
        && _file.Tensors.ContainsKey(_names.Weight(fused, layer))
        && !_file.Tensors.ContainsKey(_names.Weight(first, layer));

    private ExpertWeights LoadExperts(ExpertConfig experts, int layer)
    {
        return new ExpertWeights(
            LoadEach(TensorRole.ExpertGate, experts.FeedForwardSize, _config.HiddenSize),
            LoadEach(TensorRole.ExpertUp, experts.FeedForwardSize, _config.HiddenSize),
            LoadEach(TensorRole.ExpertDown, _config.HiddenSize, experts.FeedForwardSize),
            _config.Activation,
            experts.Used,
            experts.NormalizesWeights);

        ExpertMatrix LoadEach(TensorRole role, int outputs, int inputs)
        {
            TensorEntry first = _names.ExpertsAreSeparate
                ? Take(_names.Weight(role, layer, 0), outputs, inputs)
                : Take(_names.Weight(role, layer), experts.Count, outputs, inputs);
            TensorEntry[] tensors = new TensorEntry[experts.Count];
            nint[] data = new nint[experts.Count];
            for (int e = 0; e < data.Length; e++)
            {
                tensors[e] = _names.ExpertsAreSeparate ? Take(_names.Weight(role, layer, e), outputs, inputs) : first;
                data[e] = _names.ExpertsAreSeparate
                    ? DataOf(tensors[e], first)
                    : (nint)(first.Data + first.Type.SizeBytes((long)e * outputs * inputs));
            }

            ExpertMatrix matrix = Load(first.Name, first.Type, () => Device.LoadExperts(first.Name, first.Type, outputs, inputs, data));
            Array.ForEach(tensors, tensor => LetGo(tensor, matrix.IsInPlace));
            return matrix;
        }
    }

    /// <summary>The first byte of an expert's own tensor.</summary>
    private nint DataOf(TensorEntry tensor, TensorEntry first) => tensor.Type == first.Type
        ? (nint)tensor.Data
        : throw new ModelFormatException(
            _file.Path, $"tensor '{tensor.Name}' is of type {tensor.Type}, but '{first.Name}' is of {first.Type}: experts of a layer are of one type");

    /// <summary>Loads a linear map.</summary>
    public Projection LoadProjection(TensorRole role, int layer, int outputs, int inputs, bool needsBias)
    {
        float[]? bias = TakeVector(_names.Bias(role, layer), outputs, isRequired: needsBias);
        return new Projection(LoadWeight(role, layer, outputs, inputs), bias is null ? null : Vectors.Add(bias), LoadScale(role, layer));
    }

    /// <summary>The number beside a weight that its product is multiplied by; 1 where there is none.</summary>
    private float LoadScale(TensorRole role, int layer) => TakeVector(_names.Scale(role, layer), 1, isRequired: false)?[0] ?? 1;

    /// <summary>Whether the file has a weight.</summary>
    public bool Has(TensorRole role, int layer) => _names.Has(role) && _file.Tensors.ContainsKey(_names.Weight(role, layer));

    /// <summary>Loads matrices whose rows a file has in one tensor in another order: a copy.</summary>
    /// <param name="role">The tensor.</param>
    /// <param name="layer">The layer.</param>
    /// <param name="inputs">Its columns.</param>
    /// <param name="order">Its rows in the order that is wanted.</param>
    /// <param name="outputs">Rows of each matrix, in order.</param>
    public Weight[] LoadReordered(TensorRole role, int layer, int inputs, int[] order, ReadOnlySpan<int> outputs)
    {
        TensorEntry tensor = Take(_names.Weight(role, layer), order.Length, inputs);
        NativeRows rows = new(tensor, order);
        _owned.Add(rows);
        Weight[] weights = new Weight[outputs.Length];
        long first = 0;
        for (int i = 0; i < weights.Length; i++)
        {
            weights[i] = Load($"{tensor.Name}[{i}]", tensor.Type, outputs[i], inputs, rows.Data + (nint)(first * tensor.Type.SizeBytes(inputs)));
            first += outputs[i];
        }

        tensor.LetGo();
        return weights;
    }

    /// <summary>Loads a matrix.</summary>
    public Weight LoadWeight(TensorRole role, int layer, int outputs, int inputs)
    {
        TensorEntry tensor = Take(_names.Weight(role, layer), outputs, inputs);
        Weight weight = Load(tensor.Name, tensor.Type, outputs, inputs, (nint)tensor.Data);
        LetGo(tensor, weight.IsInPlace);
        return weight;
    }

    /// <summary>Where a device has a copy, the file's own pages had better not stay in memory beside it.</summary>
    private static void LetGo(TensorEntry tensor, bool isInPlace)
    {
        if (!isInPlace)
        {
            tensor.LetGo();
        }
    }

    private Weight Load(string name, TensorType type, int outputs, int inputs, nint data) =>
        Load(name, type, () => Device.LoadWeight(name, type, outputs, inputs, data));

    private T Load<T>(string name, TensorType type, Func<T> load)
        where T : IDisposable
    {
        try
        {
            T weight = load();
            _owned.Add(weight);
            return weight;
        }
        catch (NotSupportedException e)
        {
            throw new ModelFormatException(_file.Path, $"tensor '{name}' is of type {type}, which device {Device.Name} cannot multiply with", e);
        }
    }

    /// <summary>Loads the kernel of a convolution, [channels, kernel] or [channels, 1, kernel] in the file, as [kernel, channels], and its bias.</summary>
    public (Matrix Weight, Matrix? Bias) LoadConvolution(TensorRole role, int layer, int channels, int kernel, bool needsBias)
    {
        float[] weight = TakeTable(_names.Weight(role, layer), channels, kernel);
        float[]? bias = TakeVector(_names.Bias(role, layer), channels, isRequired: needsBias);
        return (AddTable(Transposed(weight, channels, kernel), kernel, channels), bias is null ? null : Vectors.Add(bias));
    }

    /// <summary>Loads kernels of neighbouring channels, as one.</summary>
    public Matrix LoadConvolutions(ReadOnlySpan<(TensorRole Role, int Channels)> parts, int layer, int kernel)
    {
        float[] weight = [];
        foreach ((TensorRole role, int channels) in parts)
        {
            weight = [.. weight, .. TakeTable(_names.Weight(role, layer), channels, kernel)];
        }

        return AddTable(Transposed(weight, weight.Length / kernel, kernel), kernel, weight.Length / kernel);
    }

    /// <summary>Loads how fast states fade, negative numbers: GGUF files have them, Hugging Face the logarithms of their magnitudes.</summary>
    /// <returns>[rows, columns].</returns>
    public float[] TakeRates(TensorRole role, int layer, int rows, int columns)
    {
        float[] values = TakeTable(_names.Whole(role, layer), rows, columns);
        return _isHuggingFace ? Array.ConvertAll(values, value => -MathF.Exp(value)) : values;
    }

    /// <summary>Elements of a small tensor whose name has no <c>.weight</c> at the end.</summary>
    public float[] TakeWhole(TensorRole role, int layer, int count) => TakeTable(_names.Whole(role, layer), count, 1);

    /// <summary>Puts a vector on the device.</summary>
    public Matrix AddVector(ReadOnlySpan<float> values) => Vectors.Add(values);

    /// <summary>Puts a small matrix on the device.</summary>
    public Matrix AddTable(ReadOnlySpan<float> values, int rows, int columns) => Vectors.Add(values) with { Rows = rows, Columns = columns, Stride = columns };

    /// <summary>[columns, rows] of [rows, columns].</summary>
    public static float[] Transposed(ReadOnlySpan<float> values, int rows, int columns)
    {
        float[] transposed = new float[values.Length];
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                transposed[(column * rows) + row] = values[(row * columns) + column];
            }
        }

        return transposed;
    }

    /// <summary>The elements of a small matrix; the file may leave extents of 1 away, or have more of them.</summary>
    private float[] TakeTable(string name, int rows, int columns)
    {
        if (_file.Tensors.TryGetValue(name, out TensorEntry? tensor))
        {
            long[] shape = [.. tensor.Shape.Where(extent => extent != 1)];
            if (shape.SequenceEqual(((long[])[rows, columns]).Where(extent => extent != 1)))
            {
                return FloatTensor.Decode(_file.Path, Take(name, [.. tensor.Shape]));
            }
        }

        return FloatTensor.Decode(_file.Path, Take(name, rows, columns));
    }

    /// <summary>Loads the weights of a root-mean-square norm that no format stores less one.</summary>
    public RowNorm LoadPlainNorm(TensorRole role, int layer, int width, float? epsilon) => new(
        Vectors.Add(TakeVector(_names.Weight(role, layer), width, isRequired: true)), Bias: null, epsilon ?? _config.NormEpsilon, SubtractsMean: false);

    /// <summary>Loads the weights of root-mean-square norms of neighbouring groups of columns.</summary>
    public RowNorm[] LoadGroupNorm(TensorRole role, int layer, int width, int groups)
    {
        // GGUF files have them as a matrix of groups.
        string name = _names.Weight(role, layer);
        bool isTable = _file.Tensors.TryGetValue(name, out TensorEntry? tensor) && tensor.Shape.Count > 1 && tensor.ElementCount == width;
        float[] weight = isTable ? FloatTensor.Decode(_file.Path, Take(name, [.. tensor!.Shape])) : TakeVector(name, width, isRequired: true)!;
        int each = width / groups;
        return [.. Enumerable.Range(0, groups).Select(group => new RowNorm(
            Vectors.Add(weight.AsSpan(group * each, each)), Bias: null, _config.NormEpsilon, SubtractsMean: false))];
    }

    /// <summary>Loads the weights of a root-mean-square norm inside a state space; ones where the file has none.</summary>
    public RowNorm LoadSelectionNorm(TensorRole role, int layer, int width, float? epsilon)
    {
        float[] weight = TakeVector(_names.Weight(role, layer), width, isRequired: false) ?? [.. Enumerable.Repeat(1f, width)];
        return new RowNorm(Vectors.Add(weight), Bias: null, epsilon ?? _config.NormEpsilon, SubtractsMean: false);
    }

    private RowNorm LoadNorm(TensorRole role, int layer, int width)
    {
        float[] weight = TakeVector(_names.Weight(role, layer), width, isRequired: true)!;
        if (_isHuggingFace && _config.Architecture.HuggingFaceNormsAreOffsets)
        {
            weight = Array.ConvertAll(weight, value => value + 1);
        }

        bool isLayerNorm = _config.Architecture.Norm == NormKind.Layer;
        float[]? bias = isLayerNorm ? TakeVector(_names.Bias(role, layer), width, isRequired: false) : null;
        return new RowNorm(Vectors.Add(weight), bias is null ? null : Vectors.Add(bias), _config.NormEpsilon, isLayerNorm);
    }

    private TensorEntry Take(string name, params ReadOnlySpan<long> shape)
    {
        if (!_file.Tensors.TryGetValue(name, out TensorEntry? tensor))
        {
            throw new ModelFormatException(_file.Path, $"tensor '{name}' {TensorRegion.Describe(shape)} is missing");
        }

        if (!tensor.Shape.SequenceEqual(shape.ToArray()))
        {
            throw new ModelFormatException(
                _file.Path,
                $"tensor '{name}' has shape {TensorRegion.Describe([.. tensor.Shape])}, but must have {TensorRegion.Describe(shape)}");
        }

        _used.Add(name);
        return tensor;
    }

    private float[]? TakeVector(string name, int width, bool isRequired)
    {
        if (!_file.Tensors.TryGetValue(name, out TensorEntry? tensor))
        {
            return isRequired ? FloatTensor.Decode(_file.Path, Take(name, width)) : null;
        }

        // Some files keep vectors as matrices of one row.
        bool isRow = tensor.Shape.Count > 1 && tensor.Shape.Take(tensor.Shape.Count - 1).All(extent => extent == 1);
        return FloatTensor.Decode(_file.Path, isRow ? Take(name, [.. tensor.Shape.Take(tensor.Shape.Count - 1), width]) : Take(name, width));
    }

    /// <summary>Whether a tensor belongs to layers behind the last one, which guess tokens ahead: they are not used.</summary>
    private bool IsDraft(string name) =>
        name.StartsWith("mtp.", StringComparison.Ordinal)
        || Enumerable.Range(_config.Layers.Count, _config.DraftLayers).Any(layer => name.StartsWith($"blk.{layer}.", StringComparison.Ordinal));

    /// <summary>A tensor that no code reads means that the model computes something that this version does not know of.</summary>
    private void RefuseUnknownTensors()
    {
        foreach (string name in _file.Tensors.Keys)
        {
            if (!_used.Contains(name) && !TensorNaming.IsConstant(name) && !IsDraft(name))
            {
                throw new ModelFormatException(
                    _file.Path, $"has a tensor '{name}' that models of architecture '{_config.Architecture.HuggingFaceName}' do not have");
            }
        }
    }
}
