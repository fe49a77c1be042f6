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
    private readonly TensorFinder _finder;
    private readonly bool _isHuggingFace;
    private readonly VectorArena[] _arenas;
    private readonly List<IDisposable> _owned;

    /// <summary>The number of the device that tensors go to.</summary>
    private int _device;

    private WeightLoader(LayerDevices devices, ITensorFile file, ModelConfig config)
    {
        _devices = devices;
        _file = file;
        _config = config;
        _isHuggingFace = file is SafetensorsFile;
        _finder = new TensorFinder(file, config);
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

    private TensorNaming Names => _finder.Names;

    private Architecture Architecture => _config.Architecture;

    private TransformerWeights Load(IProgress<double>? progress, CancellationToken cancellation)
    {
        _device = _devices.IndexOf(0);
        Weight embedding = LoadWeight(TensorRole.Embedding, 0);
        Weight? positions = Architecture.HasLearnedPositions ? LoadPositions() : null;
        RowNorm? embeddingNorm = Architecture.HasEmbeddingNorm ? LoadNorm(TensorRole.EmbeddingNorm, 0, _config.HiddenSize) : null;
        PerLayerInputs? perLayer = _config.PerLayerSize == 0 ? null : new PerLayerInputs(
            LoadWeight(TensorRole.PerLayerEmbedding, 0),
            LoadWeight(TensorRole.PerLayerModelProjection, 0),
            LoadNorm(TensorRole.PerLayerProjectionNorm, 0, _config.PerLayerSize));
        LayerWeights[] layers = new LayerWeights[_config.Layers.Count];
        for (int i = 0; i < layers.Length; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            _device = _devices.IndexOf(i);
            layers[i] = LoadLayer(i);
            progress?.Report((i + 1.0) / (layers.Length + 1));
        }

        bool isTied = _config.IsTied ?? !_file.Tensors.ContainsKey(Names.Weight(TensorRole.Output, 0));
        bool isShared = isTied && _device == _devices.IndexOf(0);
        TransformerWeights weights = new(_owned)
        {
            Embedding = embedding,
            Positions = positions,
            EmbeddingNorm = embeddingNorm,
            PerLayer = perLayer,
            Layers = layers,
            OutputNorm = LoadNorm(TensorRole.OutputNorm, 0, _config.HiddenSize),
            Output = isShared ? new Projection(embedding, null) : LoadProjection(isTied ? TensorRole.Embedding : TensorRole.Output, 0, needsBias: false),
        };
        if (isTied)
        {
            // Some files of tied models hold a copy.
            _finder.Ignore(Names.Weight(TensorRole.Output, 0));
        }

        _finder.RefuseUnknownTensors();
        progress?.Report(1);
        return weights;
    }

    private LayerWeights LoadLayer(int layer)
    {
        int hidden = _config.HiddenSize;
        int queryHeads = _config.QueryHeads;
        int kvHeads = _config.KvHeadsOf(layer);
        LayerConfig blocks = _config.Layers[layer];
        NormPlacement placement = blocks.NormPlacement ?? Architecture.NormPlacement;
        bool normsBefore = placement != NormPlacement.After;
        bool normsAfter = placement != NormPlacement.Before;
        bool attends = blocks.Attends;
        bool mixes = attends || blocks.Recurrent is not null;
        bool feeds = blocks.FeedsForward;
        bool hasKeys = blocks.SharedKvLayer is null;
        bool isLatent = _config.Latent is not null;
        if (!hasKeys)
        {
            // Some files have projections that the model does not use.
            foreach (TensorRole role in (ReadOnlySpan<TensorRole>)[TensorRole.Key, TensorRole.Value, TensorRole.KeyNorm])
            {
                _finder.Ignore(Names.Weight(role, layer));
            }
        }

        bool hasExperts = feeds && _config.Experts is not null && _finder.Contains(TensorRole.Router, layer);
        RowNorm? attentionNorm = normsBefore && mixes ? LoadNorm(TensorRole.AttentionNorm, layer, hidden) : null;
        return new LayerWeights
        {
            AttentionNorm = attentionNorm,
            QueryKeyValue = isLatent || !attends ? null : LoadHeads(layer),
            Latent = isLatent && attends ? LoadLatent(layer) : null,
            QueryNorms = isLatent || !attends ? [] : LoadHeadNorms(TensorRole.QueryNorm, layer, queryHeads),
            KeyNorms = isLatent || !attends || !hasKeys ? [] : LoadHeadNorms(TensorRole.KeyNorm, layer, kvHeads),
            Sinks = attends ? LoadSinks(layer) : null,
            AttentionSubNorm = attends && Architecture.HasSubNorms ? LoadNorm(TensorRole.AttentionSubNorm, layer, queryHeads * _config.ValueDimensionOf(layer)) : null,
            AttentionOutput = attends ? LoadProjection(TensorRole.AttentionOutput, layer, Architecture.Biases.HasFlag(Biases.AttentionOutput)) : null,
            Recurrent = blocks.Recurrent is { } recurrent ? RecurrentBlock.Load(this, recurrent, layer) : null,
            PostAttentionNorm = normsAfter && mixes ? LoadNorm(TensorRole.PostAttentionNorm, layer, hidden) : null,
            FeedForwardNorm = !normsBefore || !feeds ? null
                : _config.IsParallel && !Names.Contains(TensorRole.FeedForwardNorm, layer) && Architecture.SharesParallelNorm ? attentionNorm
                : LoadNorm(TensorRole.FeedForwardNorm, layer, hidden),
            Dense = !feeds ? null
                : !hasExperts || Architecture.HasDenseBesideExperts ? LoadDense(layer, TensorRole.Gate, TensorRole.Up, TensorRole.Down, _config.FeedForwardSizeOf(layer))
                : _config.Experts!.SharedSize > 0 && _finder.Contains(TensorRole.SharedUp, layer)
                    ? LoadDense(layer, TensorRole.SharedGate, TensorRole.SharedUp, TensorRole.SharedDown, _config.Experts.SharedSize)
                : null,
            ValueNorm = attends && Architecture.NormsValues && hasKeys ? Norm(Ones(_config.ValueDimensionOf(layer)), null, _config.NormEpsilon, NormKind.Rms) : null,
            RouterNorm = hasExperts && Architecture.HasDenseBesideExperts ? LoadRouterNorm(layer) : null,
            ExpertNorm = hasExperts && Architecture.HasDenseBesideExperts ? LoadNorm(TensorRole.ExpertNorm, layer, hidden) : null,
            PostExpertNorm = hasExperts && Architecture.HasDenseBesideExperts ? LoadNorm(TensorRole.PostExpertNorm, layer, hidden) : null,
            PostDenseNorm = hasExperts && Architecture.HasDenseBesideExperts ? LoadNorm(TensorRole.PostDenseNorm, layer, hidden) : null,
            PerLayer = _config.PerLayerSize == 0 ? null : new PerLayerWeights(
                LoadWeight(TensorRole.PerLayerGate, layer), LoadWeight(TensorRole.PerLayerProjection, layer), LoadNorm(TensorRole.PerLayerPostNorm, layer, hidden)),
            Scale = Names.Contains(TensorRole.LayerScale, layer) ? _finder.TakeVector(Names.Weight(TensorRole.LayerScale, layer), 1)[0] : 1,
            Router = hasExperts ? LoadProjection(TensorRole.Router, layer, needsBias: false) : null,
            Experts = hasExperts ? LoadExperts(_config.Experts!, layer) : null,
            SharedRouter = hasExperts && _finder.Contains(TensorRole.SharedRouter, layer) ? LoadWeight(TensorRole.SharedRouter, layer) : null,
            PostFeedForwardNorm = normsAfter && feeds ? LoadNorm(TensorRole.PostFeedForwardNorm, layer, hidden) : null,
        };
    }

    /// <summary>Query, key and value projections; layers that attend to the keys of others have only the first, some have no values of their own.</summary>
    private ProjectionGroup LoadHeads(int layer)
    {
        bool needsBias = Architecture.Biases.HasFlag(Biases.QueryKeyValue);
        LayerConfig config = _config.Layers[layer];
        TensorRole[] roles = config.SharedKvLayer is not null ? [TensorRole.Query]
            : config.ValuesAreKeys ? [TensorRole.Query, TensorRole.Key]
            : [TensorRole.Query, TensorRole.Key, TensorRole.Value];
        return new ProjectionGroup(Array.ConvertAll(roles, role => LoadProjection(role, layer, needsBias)));
    }

    private LatentWeights LoadLatent(int layer)
    {
        LatentAttention latent = _config.Latent!;
        bool isCompressed = latent.QueryRank > 0;
        return new LatentWeights(
            isCompressed ? LoadProjection(TensorRole.LatentQuery, layer, needsBias: false) : null,
            isCompressed ? LoadNorm(TensorRole.LatentQueryNorm, layer, latent.QueryRank, LatentAttention.NormEpsilon) : null,
            LoadProjection(isCompressed ? TensorRole.QueryUp : TensorRole.Query, layer, needsBias: false),
            LoadProjection(TensorRole.LatentKeyValue, layer, needsBias: false),
            LoadNorm(TensorRole.LatentKeyValueNorm, layer, latent.Rank, LatentAttention.NormEpsilon),
            Array.ConvertAll(_finder.Find(TensorRole.LatentKeyUp, layer), LoadView),
            Array.ConvertAll(_finder.Find(TensorRole.LatentValueUp, layer), LoadView));
    }

    private RowNorm[] LoadHeadNorms(TensorRole role, int layer, int heads)
    {
        int width = _config.HeadDimensionOf(layer);
        switch (Architecture.QueryKeyNorm)
        {
            case QueryKeyNorm.PerHead when _config.NormsHeads != false || Names.Contains(role, layer):
                return [LoadNorm(role, layer, width, kind: Architecture.QueryKeyNormKind)];
            case QueryKeyNorm.PerHeadPlain when _config.NormsHeads != false && _config.Layers[layer].Rope is not null:
                return [Norm(Ones(width), null, _config.NormEpsilon, Architecture.QueryKeyNormKind)];
            case QueryKeyNorm.WholeProjection when _config.NormsHeads != false || Names.Contains(role, layer):
                return [LoadNorm(role, layer, heads * width, kind: Architecture.QueryKeyNormKind)];
            case QueryKeyNorm.PerHeadOwn when Names.Contains(role, layer):
                float[] weights = _finder.TakeVector(Names.Weight(role, layer), heads * width);
                return [.. Enumerable.Range(0, heads).Select(head => Norm(weights.AsSpan(head * width, width), null, _config.NormEpsilon, Architecture.QueryKeyNormKind))];
            default:
                return [];
        }
    }

    private Matrix? LoadSinks(int layer) => Names.Has(TensorRole.AttentionSinks) && Names.Contains(TensorRole.AttentionSinks, layer)
        ? Vectors.Add(_finder.TakeVector(Names.Weight(TensorRole.AttentionSinks, layer), _config.QueryHeads))
        : null;

    private DenseWeights LoadDense(int layer, TensorRole gate, TensorRole up, TensorRole down, int size)
    {
        bool needsBias = Architecture.Biases.HasFlag(Biases.FeedForward);
        TensorRole[] roles = Architecture.IsGated ? [gate, up] : [up];
        return new DenseWeights(
            size,
            new ProjectionGroup(Array.ConvertAll(roles, role => LoadProjection(role, layer, needsBias))),
            Architecture.HasSubNorms ? LoadNorm(TensorRole.FeedForwardSubNorm, layer, size) : null,
            LoadProjection(down, layer, needsBias))
        {
            Xielu = Architecture.ReadXielu?.Invoke(_file, _finder, layer),
        };
    }

    private ExpertWeights LoadExperts(ExpertConfig experts, int layer)
    {
        ExpertWeights weights = new(
            Architecture.IsGated ? LoadEach(TensorRole.ExpertGate) : null,
            LoadEach(TensorRole.ExpertUp),
            LoadEach(TensorRole.ExpertDown),
            _config.Activation,
            experts.Router)
        {
            GateBias = Architecture.IsGated ? LoadBiases(TensorRole.ExpertGate) : null,
            UpBias = LoadBiases(TensorRole.ExpertUp),
            DownBias = LoadBiases(TensorRole.ExpertDown),
            Correction = LoadCorrection(layer, experts.Count),
            Scales = Names.Contains(TensorRole.ExpertScale, layer)
                ? Vectors.Add(_finder.TakeVector(Names.Weight(TensorRole.ExpertScale, layer), experts.Count))
                : null,
        };
        return Device.FindMissing(weights) is not { } missing ? weights
            : throw new ModelFormatException(
                _file.Path, $"is of architecture '{Architecture.HuggingFaceName}', which needs {missing}; device {Device.Name} does not have that: use --device cpu");

        Matrix? LoadBiases(TensorRole role) =>
            _finder.FindBias(role, layer) is { } values ? Vectors.Add(values, experts.Count) : null;

        ExpertMatrix LoadEach(TensorRole role)
        {
            TensorView[] views = _finder.Find(role, layer);
            TensorView first = views[0];
            (nint Data, TensorType Type)[] data = Array.ConvertAll(views, DataOf);
            int other = Array.FindIndex(data, expert => expert.Type != data[0].Type);
            if (other >= 0)
            {
                throw new ModelFormatException(
                    _file.Path,
                    $"tensor '{views[other].Tensor.Name}' is of type {data[other].Type}, but '{first.Tensor.Name}' is of {data[0].Type}: experts of a layer are of one type");
            }

            ExpertMatrix matrix = Load(
                first.Tensor.Name,
                data[0].Type,
                () => Device.LoadExperts(first.Tensor.Name, data[0].Type, first.Rows, first.Columns, Array.ConvertAll(data, expert => expert.Data)));
            Array.ForEach(views, view => LetGo(view, matrix.IsInPlace));
            return matrix;
        }
    }

    /// <summary>Formats call it a bias, a weight, or by its plain name.</summary>
    private Matrix? LoadCorrection(int layer, int experts)
    {
        if (!Names.Has(TensorRole.RouterCorrection))
        {
            return null;
        }

        string bias = Names.Bias(TensorRole.RouterCorrection, layer);
        string name = _file.Tensors.ContainsKey(bias) ? bias : Names.Weight(TensorRole.RouterCorrection, layer);
        return _finder.FindVector(name, experts) is { } values ? Vectors.Add(values) : null;
    }

    private Weight LoadPositions()
    {
        TensorView table = _finder.Find(TensorRole.PositionEmbedding, 0)[0];
        return LoadView(table.Slice(_config.FirstPosition, table.Rows - _config.FirstPosition));
    }

    private Projection LoadProjection(TensorRole role, int layer, bool needsBias)
    {
        float[]? bias = _finder.FindBias(role, layer);
        if (bias is null && needsBias)
        {
            bias = _finder.TakeVector(Names.Bias(role, layer), RoleShape.Of(_config, role, layer).Rows);
        }

        return new Projection(LoadWeight(role, layer), bias is null ? null : Vectors.Add(bias), _finder.FindScale(role, layer));
    }

    private Weight LoadWeight(TensorRole role, int layer) => LoadView(_finder.Find(role, layer)[0]);

    private Weight LoadView(TensorView view)
    {
        (nint data, TensorType type) = DataOf(view);
        Weight weight = Load(view.Tensor.Name, type, () => Device.LoadWeight(view.Tensor.Name, type, view.Rows, view.Columns, data));
        LetGo(view, weight.IsInPlace);
        return weight;
    }

    /// <summary>The first byte of a matrix: in the file, or in a copy where its elements are in another order there.</summary>
    private (nint Data, TensorType Type) DataOf(TensorView view)
    {
        if (view.IsInPlace)
        {
            return ((nint)view.Tensor.Data + (nint)view.Tensor.Type.SizeBytes(view.First), view.Tensor.Type);
        }

        NativeRows rows = new(view);
        _owned.Add(rows);
        return (rows.Data, rows.Type);
    }

    /// <summary>Where a device has a copy, the file's own pages had better not stay in memory beside it.</summary>
    private static void LetGo(TensorView view, bool isInPlace)
    {
        if (!isInPlace)
        {
            view.Tensor.LetGo();
        }
    }

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

    /// <summary>Loads a linear map of a block with a state.</summary>
    public Projection LoadProjection(TensorRole role, int layer, int outputs, int inputs, bool needsBias) => new(
        LoadWeight(role, layer, outputs, inputs), LoadBias(role, layer, outputs, needsBias), _finder.FindScale(role, layer));

    /// <summary>Whether the file has a weight.</summary>
    public bool Has(TensorRole role, int layer) => Names.Contains(role, layer);

    /// <summary>Loads matrices whose rows a file has in one tensor in another order: copies.</summary>
    /// <param name="role">The tensor.</param>
    /// <param name="layer">The layer.</param>
    /// <param name="inputs">Its columns.</param>
    /// <param name="order">Its rows in the order that is wanted.</param>
    /// <param name="outputs">Rows of each matrix, in order.</param>
    public Projection[] LoadReordered(TensorRole role, int layer, int inputs, int[] order, ReadOnlySpan<int> outputs)
    {
        TensorView rows = ViewOf(role, layer, order.Length, inputs);
        Projection[] projections = new Projection[outputs.Length];
        int first = 0;
        for (int i = 0; i < projections.Length; i++)
        {
            projections[i] = new Projection(LoadView(rows.Take(order.AsSpan(first, outputs[i]))), Bias: null, _finder.FindScale(role, layer));
            first += outputs[i];
        }

        return projections;
    }

    /// <summary>Loads a matrix of a block with a state.</summary>
    public Weight LoadWeight(TensorRole role, int layer, int outputs, int inputs) => LoadView(ViewOf(role, layer, outputs, inputs));

    /// <summary>Loads the kernel of a convolution, [channels, kernel] or [channels, 1, kernel] in the file, as [kernel, channels], and its bias.</summary>
    public (Matrix Weight, Matrix? Bias) LoadConvolution(TensorRole role, int layer, int channels, int kernel, bool needsBias)
    {
        float[] weight = TakeTable(Names.Weight(role, layer), channels, kernel);
        return (AddTable(Transposed(weight, channels, kernel), kernel, channels), LoadBias(role, layer, channels, needsBias));
    }

    /// <summary>Loads kernels of neighbouring channels, as one.</summary>
    public Matrix LoadConvolutions(ReadOnlySpan<(TensorRole Role, int Channels)> parts, int layer, int kernel)
    {
        float[] weight = [];
        foreach ((TensorRole role, int channels) in parts)
        {
            weight = [.. weight, .. TakeTable(Names.Weight(role, layer), channels, kernel)];
        }

        return AddTable(Transposed(weight, weight.Length / kernel, kernel), kernel, weight.Length / kernel);
    }

    /// <summary>Loads how fast states fade, negative numbers: GGUF files have them, Hugging Face the logarithms of their magnitudes.</summary>
    /// <returns>[rows, columns].</returns>
    public float[] TakeRates(TensorRole role, int layer, int rows, int columns)
    {
        float[] values = TakeTable(Names.Whole(role, layer), rows, columns);
        return _isHuggingFace ? Array.ConvertAll(values, value => -MathF.Exp(value)) : values;
    }

    /// <summary>Elements of a small tensor whose name has no <c>.weight</c> at the end.</summary>
    public float[] TakeWhole(TensorRole role, int layer, int count) => TakeTable(Names.Whole(role, layer), count, 1);

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

    /// <summary>Loads the weights of a root-mean-square norm that no format stores less one.</summary>
    public RowNorm LoadPlainNorm(TensorRole role, int layer, int width, float? epsilon) =>
        Norm(_finder.TakeVector(Names.Weight(role, layer), width), null, epsilon ?? _config.NormEpsilon, NormKind.Rms);

    /// <summary>Loads the weights of root-mean-square norms of neighbouring groups of columns; GGUF files have them as a matrix of groups.</summary>
    public RowNorm[] LoadGroupNorm(TensorRole role, int layer, int width, int groups)
    {
        float[] weight = _finder.TakeVector(Names.Weight(role, layer), width);
        int each = width / groups;
        return [.. Enumerable.Range(0, groups).Select(group => Norm(weight.AsSpan(group * each, each), null, _config.NormEpsilon, NormKind.Rms))];
    }

    /// <summary>Loads the weights of a root-mean-square norm inside a state space; ones where the file has none.</summary>
    public RowNorm LoadSelectionNorm(TensorRole role, int layer, int width, float? epsilon) =>
        Norm(_finder.FindVector(Names.Weight(role, layer), width) ?? Ones(width), null, epsilon ?? _config.NormEpsilon, NormKind.Rms);

    private TensorView ViewOf(TensorRole role, int layer, int outputs, int inputs) =>
        new(_finder.Take(Names.Weight(role, layer), outputs, inputs), 0, outputs, inputs);

    private Matrix? LoadBias(TensorRole role, int layer, int width, bool isRequired)
    {
        string name = Names.Bias(role, layer);
        return (isRequired ? _finder.TakeVector(name, width) : _finder.FindVector(name, width)) is { } values ? Vectors.Add(values) : null;
    }

    /// <summary>The elements of a small matrix; the file may leave extents of 1 away, or have more of them.</summary>
    private float[] TakeTable(string name, int rows, int columns)
    {
        if (_file.Tensors.TryGetValue(name, out TensorEntry? tensor))
        {
            long[] shape = [.. tensor.Shape.Where(extent => extent != 1)];
            if (shape.SequenceEqual(((long[])[rows, columns]).Where(extent => extent != 1)))
            {
                return FloatTensor.Decode(_file.Path, _finder.Take(name, [.. tensor.Shape]));
            }
        }

        return FloatTensor.Decode(_file.Path, _finder.Take(name, rows, columns));
    }

    private RowNorm LoadNorm(TensorRole role, int layer, int width, float? epsilon = null, NormKind? kind = null)
    {
        NormKind norm = kind ?? Architecture.Norm;
        if (!Architecture.HasNormWeights)
        {
            return Norm(Ones(width), null, epsilon ?? _config.NormEpsilon, norm);
        }

        float[] weight = _finder.TakeVector(Names.Weight(role, layer), width);
        if (_isHuggingFace && Architecture.HuggingFaceNormsAreOffsets)
        {
            weight = Array.ConvertAll(weight, value => value + 1);
        }

        float[]? bias = norm == NormKind.Layer ? _finder.FindVector(Names.Bias(role, layer), width) : null;
        return Norm(weight, bias, epsilon ?? _config.NormEpsilon, norm);
    }

    /// <summary>The norm before the router divides by √hidden besides.</summary>
    private RowNorm LoadRouterNorm(int layer)
    {
        float[] weights = _finder.TakeVector(Names.Weight(TensorRole.RouterNorm, layer), _config.HiddenSize);
        float factor = 1 / MathF.Sqrt(_config.HiddenSize);
        return Norm(Array.ConvertAll(weights, weight => weight * factor), null, _config.NormEpsilon, NormKind.Rms);
    }

    private RowNorm Norm(ReadOnlySpan<float> weight, float[]? bias, float epsilon, NormKind kind) =>
        new(Vectors.Add(weight), bias is null ? null : Vectors.Add(bias), epsilon, kind == NormKind.Layer);

    private static float[] Ones(int width)
    {
        float[] ones = new float[width];
        Array.Fill(ones, 1);
        return ones;
    }
}
