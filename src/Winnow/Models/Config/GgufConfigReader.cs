using System.Globalization;
using Winnow.Compute;
using Winnow.Formats;
using Winnow.Models.Architectures;
using Winnow.Models.Weights;
using Winnow.Tensors;

namespace Winnow.Models.Config;

/// <summary>Reads hyper-parameters from GGUF metadata, in llama.cpp's keys.</summary>
internal sealed class GgufConfigReader
{
    private readonly GgufFile _file;
    private readonly GgufMetadata _metadata;
    private readonly Architecture _architecture;
    private readonly string _prefix;

    private GgufConfigReader(GgufFile file, Architecture architecture)
    {
        _file = file;
        _metadata = file.Metadata;
        _architecture = architecture;
        _prefix = architecture.GgufName;
    }

    /// <exception cref="ModelFormatException">A key is missing or holds something that makes no model.</exception>
    /// <exception cref="UnsupportedArchitectureException">The file is of an architecture without a descriptor.</exception>
    public static ModelConfig Read(GgufFile file)
    {
        string name = file.Metadata.GetString("general.architecture");
        Architecture architecture = Architecture.ForGguf(name)
            ?? throw new UnsupportedArchitectureException(file.Path, name, Architecture.All.Select(a => a.GgufName).Distinct());
        return new GgufConfigReader(file, architecture).Read();
    }

    private ModelConfig Read()
    {
        int hiddenSize = Int32("embedding_length");
        LayerBlocks[]? blocks = _architecture.GgufLayers?.Invoke(this, CountLayers());
        bool attends = blocks is null || Array.Exists(blocks, block => block.Attends);
        int queryHeads = attends ? Int32("attention.head_count") : 0;
        if ((attends && queryHeads <= 0) || hiddenSize <= 0)
        {
            throw new ModelFormatException(
                _file.Path, $"has {queryHeads} attention heads and a hidden size of {hiddenSize}, but both must be positive");
        }

        int headDimension = attends ? Int32OrNull("attention.key_length") ?? hiddenSize / queryHeads : 0;
        int valueLength = attends ? Int32OrNull("attention.value_length") ?? headDimension : 0;
        if (valueLength != headDimension)
        {
            throw new ModelFormatException(
                _file.Path, $"has heads with {headDimension} key and {valueLength} value elements, but only equal ones are supported");
        }

        LayerConfig[] layers = ReadLayers(headDimension, blocks);
        float scoreDivisor = layers.Length == _architecture.LayersOfHiddenScale ? hiddenSize / queryHeads : headDimension;
        string epsilonKey = _architecture.Norm == NormKind.Rms ? "attention.layer_norm_rms_epsilon" : "attention.layer_norm_epsilon";
        ModelConfig config = new()
        {
            Architecture = _architecture,
            Name = _metadata.GetStringOrNull("general.name"),
            HiddenSize = hiddenSize,
            FeedForwardSize = Array.Exists(layers, layer => layer.FeedsForward) ? Int32("feed_forward_length") : 0,
            VocabularySize = VocabularySize(),
            ContextLength = Int32("context_length"),
            QueryHeads = queryHeads,
            KvHeads = attends ? Int32OrNull("attention.head_count_kv") ?? queryHeads : 0,
            HeadDimension = headDimension,
            NormEpsilon = SingleOrNull(epsilonKey) ?? throw Missing(epsilonKey),
            Layers = layers,
            RopeIsInterleaved = _architecture.GgufRopeIsInterleaved,
            Activation = ReadActivation(),
            Experts = ReadExperts(),
            IsParallel = _metadata.GetBoolOrNull(Key("use_parallel_residual")) ?? false,
            AttentionScale = SingleOrNull("attention.scale") is { } scale and not 0 ? scale : 1 / MathF.Sqrt(scoreDivisor),
            AttentionSoftCap = SingleOrNull("attn_logit_softcapping") ?? 0,
            LogitSoftCap = SingleOrNull("final_logit_softcapping") ?? 0,
            EmbeddingScale = SingleOrNull("embedding_scale") ?? (_architecture.ScalesEmbeddings ? MathF.Sqrt(hiddenSize) : 1),
            ResidualScale = SingleOrNull("residual_scale") ?? 1,
            LogitScale = 1 / (SingleOrNull("logit_scale") ?? 1),
            DraftLayers = DraftLayers,
        };
        new ModelConfigValidator(_file.Path).Check(config);
        return config;
    }

    private int VocabularySize()
    {
        string name = TensorNames.Gguf.Find(TensorRole.Embedding) + ".weight";
        return _file.Tensors.TryGetValue(name, out TensorEntry? embedding) && embedding.Shape is [>= 1 and <= int.MaxValue, _]
            ? (int)embedding.Shape[0]
            : throw new ModelFormatException(_file.Path, $"has no tensor '{name}' of two dimensions");
    }

    /// <summary>Layers that guess tokens ahead; the block count includes them.</summary>
    private int DraftLayers => Int32OrNull("nextn_predict_layers") ?? 0;

    private int CountLayers()
    {
        int count = Int32("block_count") - DraftLayers;
        return count is >= 1 and <= ModelConfig.MaxLayers
            ? count
            : throw new ModelFormatException(
                _file.Path, $"metadata key '{Key("block_count")}' is {count}, but must be from 1 to {ModelConfig.MaxLayers}");
    }

    private LayerConfig[] ReadLayers(int headDimension, LayerBlocks[]? blocks)
    {
        int count = CountLayers();
        if (headDimension == 0)
        {
            return Array.ConvertAll(blocks!, block => block.In(new LayerConfig(Window: 0, Rope: null)));
        }

        RopeConfig rope = new(SingleOrNull("rope.freq_base") ?? 10000, Int32OrNull("rope.dimension_count") ?? headDimension, ReadScaling());
        int window = Int32OrNull("attention.sliding_window") ?? 0;

        // Layers with a window never scale their frequencies (Gemma 3, OLMo 3).
        RopeConfig localRope = SingleOrNull("rope.freq_base_swa") is { } localBase ? new RopeConfig(localBase, rope.Dimension)
            : _architecture.LocalRopeBase > 0 ? new RopeConfig(_architecture.LocalRopeBase, rope.Dimension)
            : rope;
        bool[] slides = window > 0 ? ReadSlidingLayers(count) : new bool[count];
        LayerConfig[] layers = new LayerConfig[count];
        for (int i = 0; i < count; i++)
        {
            bool rotates = _architecture.NoRopeInterval == 0 || (i + 1) % _architecture.NoRopeInterval != 0;
            layers[i] = new LayerConfig(slides[i] ? window : 0, !rotates ? null : slides[i] ? localRope : rope);
            layers[i] = blocks?[i].In(layers[i]) ?? layers[i];
        }

        return layers;
    }

    private bool[] ReadSlidingLayers(int count)
    {
        string key = Key("attention.sliding_window_pattern");
        if (_metadata.TryGet(key, out object? value) && value is bool[] pattern)
        {
            return pattern.Length == count
                ? pattern
                : throw new ModelFormatException(_file.Path, $"metadata key '{key}' has {pattern.Length} values, but there are {count} layers");
        }

        int interval = _metadata.GetInt32OrNull(key) ?? _architecture.FullAttentionInterval;
        return SlidingLayers.Every(interval, count);
    }

    private RopeScaling? ReadScaling()
    {
        if (Divisors("rope_freqs.weight") is { } divisors)
        {
            return new RopeScaling.Divisors(divisors);
        }

        int originalContext = Int32OrNull("rope.scaling.original_context_length") ?? Int32("context_length");
        if (Divisors("rope_factors_long.weight") is { } longFactors && Divisors("rope_factors_short.weight") is { } shortFactors)
        {
            return new RopeScaling.LongRope(shortFactors, longFactors, originalContext, SingleOrNull("rope.scaling.attn_factor") ?? 1);
        }

        // As llama.cpp reads them: without a type the scaling is linear, older files have another key, and 0 stands for no scaling.
        string type = _metadata.GetStringOrNull(Key("rope.scaling.type")) ?? "linear";
        float factor = (SingleOrNull("rope.scaling.factor") ?? SingleOrNull("rope.scale_linear")) is { } given and not 0 ? given : 1;
        return type switch
        {
            "none" => null,
            "linear" => factor == 1 ? null : new RopeScaling.Linear(factor),
            "yarn" => new RopeScaling.Yarn(
                factor,
                originalContext,
                SingleOrNull("rope.scaling.yarn_beta_fast") ?? 32,
                SingleOrNull("rope.scaling.yarn_beta_slow") ?? 1,
                SingleOrNull("rope.scaling.yarn_attn_factor") ?? RopeScaling.Yarn.DefaultMagnitude(factor),
                RoundsBounds: true),
            _ => throw new ModelFormatException(
                _file.Path,
                $"metadata key '{Key("rope.scaling.type")}' is '{type}', but only none, linear, yarn and longrope (with its tensors) are supported"),
        };
    }

    private float[]? Divisors(string name)
    {
        if (!_file.Tensors.TryGetValue(name, out TensorEntry? tensor))
        {
            return null;
        }

        return tensor.Type == TensorType.F32 && tensor.ElementCount <= ModelConfig.MaxHeadDimension
            ? FloatTensor.Decode(_file.Path, tensor)
            : throw new ModelFormatException(
                _file.Path,
                $"tensor '{name}' has {tensor.ElementCount} elements of {tensor.Type}, but must have F32, at most {ModelConfig.MaxHeadDimension}");
    }

    private ExpertConfig? ReadExperts()
    {
        int count = Int32OrNull("expert_count") ?? 0;
        return count == 0
            ? null
            : new ExpertConfig(
                count,
                Int32("expert_used_count"),
                Int32OrNull("expert_feed_forward_length") ?? Int32("feed_forward_length"),
                _metadata.GetBoolOrNull(Key("expert_weights_norm")) ?? true);
    }

    private Activation ReadActivation()
    {
        string key = Key("hidden_activation");
        return _metadata.GetStringOrNull(key) is not { } name
            ? _architecture.Activation
            : ActivationNames.Find(name)
                ?? throw new ModelFormatException(_file.Path, $"metadata key '{key}' is '{name}', but only {ActivationNames.All} are supported");
    }

    private string Key(string key) => $"{_prefix}.{key}";

    /// <summary>An integer of the architecture.</summary>
    public int Int32(string key) => Int32OrNull(key) ?? _metadata.GetInt32(Key(key));

    /// <summary>An integer of the architecture, or null.</summary>
    public int? Int32OrNull(string key) => IsListOfLayers(key, out double number)
        ? number == (int)number ? (int)number : throw new ModelFormatException(_file.Path, $"metadata key '{Key(key)}' is {number}, but must be a 32-bit integer")
        : _metadata.GetInt32OrNull(Key(key));

    /// <summary>A truth value of the architecture, or null.</summary>
    public bool? BoolOrNull(string key) => _metadata.GetBoolOrNull(Key(key));

    /// <summary>A number of the architecture, or null.</summary>
    public float? SingleOrNull(string key) => IsListOfLayers(key, out double number) ? (float)number : _metadata.GetSingleOrNull(Key(key));

    /// <summary>Integers that are written once for each layer, or once for all.</summary>
    /// <exception cref="ModelFormatException">The key is missing, or has another number of values.</exception>
    public int[] Int32s(string key, int count)
    {
        if (!_metadata.TryGet(Key(key), out object? value) || value is not Array list || value is bool[] or string[] or object[])
        {
            return [.. Enumerable.Repeat(Int32(key), count)];
        }

        return list.Length == count
            ? [.. list.Cast<object>().Select(element => Convert.ToInt32(element, CultureInfo.InvariantCulture))]
            : throw new ModelFormatException(_file.Path, $"metadata key '{Key(key)}' has {list.Length} values, but there are {count} layers");
    }

    /// <summary>Whether a layer has a weight.</summary>
    public bool HasTensor(TensorRole role) =>
        Enumerable.Range(0, CountLayers()).Any(layer => _file.Tensors.ContainsKey(_architecture.GgufTensors.Find(role, layer) + ".weight"));

    /// <summary>Truth values, one for each layer; null where the key is missing.</summary>
    /// <exception cref="ModelFormatException">The key holds something else, or another number of values.</exception>
    public bool[]? BoolsOrNull(string key, int count)
    {
        if (!_metadata.TryGet(Key(key), out object? value))
        {
            return null;
        }

        // Draft layers may have values too.
        return value is bool[] list && list.Length >= count ? list[..count] : throw Wrong(key, value, $"a list of {count} truth values");
    }

    /// <summary>The refusal of a value.</summary>
    public ModelFormatException Wrong(string key, object value, string expected) =>
        new(_file.Path, $"metadata key '{Key(key)}' is {value}, but must be {expected}");

    /// <summary>Whether a number is written once for each layer instead of once for all.</summary>
    /// <exception cref="ModelFormatException">It is not the same for all layers.</exception>
    private bool IsListOfLayers(string key, out double number)
    {
        number = 0;
        if (!_metadata.TryGet(Key(key), out object? value) || value is not Array { Length: > 0 } list || value is bool[] or string[] or object[])
        {
            return false;
        }

        double[] numbers = [.. list.Cast<object>().Select(element => Convert.ToDouble(element, CultureInfo.InvariantCulture))];
        if (_architecture.GgufLayers is not null && Array.Exists(numbers, value => value != 0))
        {
            // Layers that lack the block have 0.
            numbers = Array.FindAll(numbers, value => value != 0);
        }

        number = numbers[0];
        double first = number;
        return Array.TrueForAll(numbers, other => other == first)
            ? true
            : throw new ModelFormatException(
                _file.Path, $"metadata key '{Key(key)}' has different values for layers ({first} and {numbers.First(other => other != first)}): only equal ones are supported");
    }

    private ModelFormatException Missing(string key) => new(_file.Path, $"metadata key '{Key(key)}' is missing");
}
