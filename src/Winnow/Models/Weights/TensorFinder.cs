using Winnow.Formats;
using Winnow.Models.Architectures;
using Winnow.Models.Config;

namespace Winnow.Models.Weights;

/// <summary>Finds matrices and vectors by what they do, whatever a file calls them and however it lays them out.</summary>
internal sealed class TensorFinder
{
    private readonly ITensorFile _file;
    private readonly ModelConfig _config;
    private readonly bool _isHuggingFace;
    private readonly HashSet<string> _used = new(StringComparer.Ordinal);

    public TensorFinder(ITensorFile file, ModelConfig config)
    {
        _file = file;
        _config = config;
        _isHuggingFace = file is SafetensorsFile;
        Names = new TensorNaming(file, config.Architecture);
    }

    /// <summary>What tensors are called.</summary>
    public TensorNaming Names { get; }

    private Architecture Architecture => _config.Architecture;

    /// <summary>Tells that a tensor may be there without being read.</summary>
    public void Ignore(string name) => _used.Add(name);

    /// <summary>Whether the file has the matrices of a role, by themselves or inside a larger tensor.</summary>
    public bool Contains(TensorRole role, int layer) => Names.IsSeparate(role)
        ? _file.Tensors.ContainsKey(Names.Weight(role, layer))
        : Names.Contains(role, layer) || (WholeOf(role) is { } whole && IsFused(whole, layer));

    /// <summary>The matrices of a role: one, or those of all experts or heads.</summary>
    /// <exception cref="ModelFormatException">One is missing or of another shape.</exception>
    public TensorView[] Find(TensorRole role, int layer)
    {
        RoleShape shape = RoleShape.Of(_config, role, layer);
        if (WholeOf(role) is { } whole && IsInside(role, whole, layer))
        {
            return FindInside(whole, role, layer, shape);
        }

        if (Names.IsSeparate(role))
        {
            return [.. Enumerable.Range(0, shape.Count).Select(i => View(Take(Names.Weight(role, layer, i), IsTransposed(role), shape.Rows, shape.Columns), 0, role, shape))];
        }

        TensorEntry tensor = shape.IsStack
            ? TakeStack(role, layer, shape)
            : Take(Names.Weight(role, layer), IsTransposed(role), shape.Rows, shape.Columns);
        TensorView[] views = [.. Enumerable.Range(0, shape.Count).Select(i => View(tensor, (long)i * shape.Rows * shape.Columns, role, shape))];
        if (_isHuggingFace && role == TensorRole.QueryKeyValue && Architecture.HuggingFaceQueryKeyValueOrder?.Invoke(_config) is { } order)
        {
            views[0] = views[0].Take(order);
        }

        return views;
    }

    /// <summary>The biases of a role: a row, or one for each expert; null where there are none.</summary>
    /// <exception cref="ModelFormatException">They are of another shape.</exception>
    public float[]? FindBias(TensorRole role, int layer)
    {
        RoleShape shape = RoleShape.Of(_config, role, layer);
        if (WholeOf(role) is not { } whole || !IsInside(role, whole, layer))
        {
            string name = Names.Bias(role, layer);
            return !Names.Has(role) || !_file.Tensors.TryGetValue(name, out TensorEntry? found) ? null
                : shape.IsStack ? FloatTensor.Decode(_file.Path, Take(name, shape.Count, shape.Rows))
                : Order(role, FindVector(name, found, shape.Rows));
        }

        RoleShape outer = RoleShape.Of(_config, whole, layer);
        if (FindBias(whole, layer) is not { } values)
        {
            return null;
        }

        float[] bias = new float[shape.Count * shape.Rows];
        int[] rows = RowsInside(whole, role, layer, shape);
        for (int i = 0; i < bias.Length; i++)
        {
            bias[i] = values[(i / shape.Rows * outer.Rows) + rows[i % shape.Rows]];
        }

        return bias;
    }

    /// <summary>The number beside a weight that its product is multiplied by; 1 where there is none.</summary>
    public float FindScale(TensorRole role, int layer)
    {
        TensorRole scaled = WholeOf(role) is { } whole && IsInside(role, whole, layer) ? whole : role;

        // What looks like a router's is the weight of the norm before it.
        return !Names.Has(scaled) || role == TensorRole.Router ? 1 : FindVector(Names.Scale(scaled, layer), 1)?[0] ?? 1;
    }

    /// <summary>A vector; null where it is absent.</summary>
    /// <exception cref="ModelFormatException">It is of another length.</exception>
    public float[]? FindVector(string name, int width) =>
        _file.Tensors.TryGetValue(name, out TensorEntry? tensor) ? FindVector(name, tensor, width) : null;

    /// <summary>A vector that must be there.</summary>
    /// <exception cref="ModelFormatException">It is missing or of another length.</exception>
    public float[] TakeVector(string name, int width) => FindVector(name, width) ?? FloatTensor.Decode(_file.Path, Take(name, width));

    /// <summary>A tensor that no code reads means that the model computes something that this version does not know of.</summary>
    /// <exception cref="ModelFormatException">There is one.</exception>
    public void RefuseUnknownTensors()
    {
        foreach (string name in _file.Tensors.Keys)
        {
            if (!_used.Contains(name) && !TensorNaming.IsConstant(name) && !IsBeyondLayers(name))
            {
                throw new ModelFormatException(
                    _file.Path, $"has a tensor '{name}' that models of architecture '{Architecture.HuggingFaceName}' do not have");
            }
        }
    }

    /// <summary>Layers behind the last predict tokens further ahead, which nobody asks for.</summary>
    private bool IsBeyondLayers(string name) => name.StartsWith("mtp.", StringComparison.Ordinal)
        || (_config.DraftLayers > 0 && TensorNaming.LayerOf(name) is { } layer
            && layer >= _config.Layers.Count && layer < _config.Layers.Count + _config.DraftLayers);

    /// <summary>The larger tensor that some files hold a role's matrices in.</summary>
    private static TensorRole? WholeOf(TensorRole role) => role switch
    {
        TensorRole.Query or TensorRole.Key or TensorRole.Value => TensorRole.QueryKeyValue,
        TensorRole.Gate or TensorRole.Up => TensorRole.GateUp,
        TensorRole.ExpertGate or TensorRole.ExpertUp => TensorRole.ExpertGateUp,
        TensorRole.SharedGate or TensorRole.SharedUp => TensorRole.SharedGateUp,
        TensorRole.LatentKeyUp or TensorRole.LatentValueUp => TensorRole.LatentKeyValueUp,
        _ => null,
    };

    /// <summary>Whether a role's matrices are a part of the fused tensor; in GGUF files that of gate and up is called like up.</summary>
    private bool IsInside(TensorRole role, TensorRole whole, int layer) =>
        !Names.IsSeparate(role) && IsFused(whole, layer) && (!Names.Contains(role, layer) || (!_isHuggingFace && role == TensorRole.Up));

    /// <summary>Whether the file has the fused tensor. In GGUF files fused gate and up are called like up: that gate is absent tells.</summary>
    private bool IsFused(TensorRole whole, int layer) =>
        Names.Contains(whole, layer) && (whole != TensorRole.GateUp || (Architecture.IsGated && !Names.Contains(TensorRole.Gate, layer)));

    private TensorView[] FindInside(TensorRole whole, TensorRole role, int layer, RoleShape shape)
    {
        TensorView[] wholes = Find(whole, layer);
        if (whole == TensorRole.LatentKeyValueUp)
        {
            LatentAttention latent = _config.Latent!;
            int stride = latent.PlainDimension + latent.ValueDimension;
            return [.. Enumerable.Range(0, shape.Count).Select(head => role == TensorRole.LatentValueUp
                ? wholes[0].Slice((head * stride) + latent.PlainDimension, latent.ValueDimension)
                : new TensorView(wholes[0].Tensor, (long)head * stride * latent.Rank, latent.Rank, latent.PlainDimension) { RowStride = 1, ColumnStride = latent.Rank })];
        }

        int[] rows = RowsInside(whole, role, layer, shape);
        bool isRun = rows.Length == 1 || rows[1] == rows[0] + 1;
        return Array.ConvertAll(wholes, view => isRun ? view.Slice(rows[0], rows.Length) : view.Take(rows));
    }

    /// <summary>Which rows of a fused matrix are those of a role.</summary>
    private int[] RowsInside(TensorRole whole, TensorRole role, int layer, RoleShape shape)
    {
        int first = 0;
        int step = 1;
        switch (role)
        {
            case TensorRole.Key:
                first = RoleShape.Of(_config, TensorRole.Query, layer).Rows;
                break;
            case TensorRole.Value:
                first = RoleShape.Of(_config, TensorRole.QueryKeyValue, layer).Rows - shape.Rows;
                break;
            case TensorRole.Gate or TensorRole.Up or TensorRole.ExpertGate or TensorRole.ExpertUp or TensorRole.SharedGate or TensorRole.SharedUp:
                bool isInterleaved = _isHuggingFace && whole == TensorRole.ExpertGateUp && Architecture.HuggingFaceExperts.GateUpIsInterleaved;
                step = isInterleaved ? 2 : 1;
                first = role is TensorRole.Gate or TensorRole.ExpertGate or TensorRole.SharedGate ? 0 : isInterleaved ? 1 : shape.Rows;
                break;
        }

        return [.. Enumerable.Range(0, shape.Rows).Select(i => first + (i * step))];
    }

    private bool IsTransposed(TensorRole role) => _isHuggingFace && role switch
    {
        TensorRole.Embedding or TensorRole.PositionEmbedding or TensorRole.Output => false,
        TensorRole.ExpertGate or TensorRole.ExpertUp or TensorRole.ExpertGateUp => Architecture.HuggingFaceExperts.GateUpIsTransposed,
        TensorRole.ExpertDown => Architecture.HuggingFaceExperts.DownIsTransposed,
        _ => Architecture.HuggingFaceProjectionsAreTransposed,
    };

    private TensorView View(TensorEntry tensor, long first, TensorRole role, RoleShape shape) => IsTransposed(role)
        ? new TensorView(tensor, first, shape.Rows, shape.Columns) { RowStride = 1, ColumnStride = shape.Rows }
        : new TensorView(tensor, first, shape.Rows, shape.Columns);

    /// <summary>The biases of Hugging Face's fused projection in the order of its rows.</summary>
    private float[] Order(TensorRole role, float[] values) =>
        _isHuggingFace && role == TensorRole.QueryKeyValue && Architecture.HuggingFaceQueryKeyValueOrder?.Invoke(_config) is { } order
            ? Array.ConvertAll(order, row => values[row])
            : values;

    private TensorEntry TakeStack(TensorRole role, int layer, RoleShape shape)
    {
        string name = Names.Weight(role, layer);
        bool isTransposed = IsTransposed(role);
        (long rows, long columns) = isTransposed ? (shape.Columns, shape.Rows) : (shape.Rows, shape.Columns);

        // Some files have the rows of all matrices below each other.
        return _file.Tensors.TryGetValue(name, out TensorEntry? tensor) && tensor.Shape.Count == 2
            ? Take(name, shape.Count * rows, columns)
            : Take(name, shape.Count, rows, columns);
    }

    private TensorEntry Take(string name, bool isTransposed, int rows, int columns) =>
        isTransposed ? Take(name, columns, rows)
        : rows == 1 && _file.Tensors.TryGetValue(name, out TensorEntry? tensor) && tensor.Shape.Count == 1 ? Take(name, columns)
        : Take(name, rows, columns);

    /// <summary>A tensor that must be there.</summary>
    /// <exception cref="ModelFormatException">It is missing or of another shape.</exception>
    public TensorEntry Take(string name, params ReadOnlySpan<long> shape)
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

    private float[] FindVector(string name, TensorEntry tensor, int width)
    {
        // Some files keep vectors as matrices, of one row or of one row a head.
        bool isRow = tensor.Shape.Count != 1 && tensor.ElementCount == width;
        return FloatTensor.Decode(_file.Path, isRow ? Take(name, [.. tensor.Shape]) : Take(name, width));
    }
}
