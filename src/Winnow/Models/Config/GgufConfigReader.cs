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
    private readonly GgufKeys _keys;
    private readonly Architecture _architecture;

    private GgufConfigReader(GgufFile file, Architecture architecture)
    {
        _file = file;
        _keys = new GgufKeys(file, architecture);
        _architecture = architecture;
    }

    /// <exception cref="ModelFormatException">A key is missing or holds something that makes no model, or the architecture has no descriptor.</exception>
    public static ModelConfig Read(GgufFile file)
    {
        string name = file.Metadata.GetString("general.architecture");
        Architecture architecture = Architecture.ForGguf(name)
            ?? throw ModelFormatException.Unsupported(file.Path, name, Architecture.All.Select(a => a.GgufName).Distinct());
        return new GgufConfigReader(file, architecture).Read();
    }

    private ModelConfig Read()
    {
        int hiddenSize = _keys.Int32("embedding_length");
        int layerCount = CountLayers(out int drafts);
        LayerBlocks[]? blocks = _architecture.GgufLayers?.Invoke(_keys, layerCount);
        bool attends = blocks is null || Array.Exists(blocks, block => block.Attends);
        int queryHeads = attends ? _keys.Int32("attention.head_count") : 0;
        if ((attends && queryHeads <= 0) || hiddenSize <= 0)
        {
            throw new ModelFormatException(
                _file.Path, $"has {queryHeads} attention heads and a hidden size of {hiddenSize}, but both must be positive");
        }

        LatentAttention? latent = ReadLatent();
        int[]? kvHeads = attends ? _keys.Int32sOrNull("attention.head_count_kv", layerCount, drafts) : null;
        int[]? feedForward = _keys.Int32sOrNull("feed_forward_length", layerCount, drafts);
        int headDimension = !attends ? 0
            : latent is not null ? latent.Rank + latent.RopeDimension
            : _keys.Int32OrNull("attention.key_length") ?? hiddenSize / queryHeads;
        int valueDimension = !attends ? 0 : latent?.Rank ?? _keys.Int32OrNull("attention.value_length") ?? headDimension;
        RopeConfig? rope = attends ? ReadRope(latent?.RopeDimension ?? headDimension) : null;
        float scoreDivisor = layerCount == _architecture.LayersOfHiddenScale ? hiddenSize / queryHeads : latent?.HeadDimension ?? headDimension;
        LayerConfig[] layers = ReadLayers(layerCount, rope, kvHeads, feedForward);
        layers = blocks is null ? layers : [.. layers.Select((layer, i) => blocks[i].In(layer))];
        ModelConfig config = new()
        {
            Architecture = _architecture,
            Name = _file.Metadata.GetStringOrNull("general.name"),
            HiddenSize = hiddenSize,
            FeedForwardSize = !Array.Exists(layers, layer => layer.FeedsForward) ? 0 : feedForward?.Max() ?? _keys.Int32("feed_forward_length"),
            VocabularySize = VocabularySize(),
            ContextLength = _keys.Int32("context_length"),
            QueryHeads = queryHeads,
            KvHeads = !attends ? 0 : latent is not null ? 1 : kvHeads?.Max() ?? _keys.Int32OrNull("attention.head_count_kv") ?? queryHeads,
            HeadDimension = headDimension,
            ValueDimension = valueDimension == headDimension ? null : valueDimension,
            Latent = latent,
            NormEpsilon = ReadEpsilon(),
            Layers = layers,
            RopeIsInterleaved = _architecture.GgufRopeIsInterleaved,
            Activation = ReadActivation(),
            Experts = ReadExperts(),
            IsParallel = _keys.BoolOrNull("use_parallel_residual") ?? _architecture.IsParallel,
            AttentionScale = _keys.SingleOrNull("attention.scale") is { } scale and not 0 ? scale : ReadLatentScale(rope) / MathF.Sqrt(scoreDivisor),
            AttentionSoftCap = _keys.SingleOrNull("attn_logit_softcapping") ?? 0,
            QueryKeyValueLimit = _keys.SingleOrNull("attention.clamp_kqv") ?? 0,
            ValueScale = _keys.SingleOrNull("attention.value_scale") ?? 1,
            AlibiBias = _keys.SingleOrNull("attention.max_alibi_bias") ?? _architecture.AlibiBias,
            LogitSoftCap = _keys.SingleOrNull("final_logit_softcapping") ?? 0,
            EmbeddingScale = _keys.SingleOrNull("embedding_scale") ?? (_architecture.ScalesEmbeddings ? MathF.Sqrt(hiddenSize) : 1),
            ResidualScale = _keys.SingleOrNull("residual_scale") ?? 1,
            LogitScale = ReadLogitScale(),
            DraftLayers = drafts,
        };
        config = _architecture.ReadGguf?.Invoke(_keys, config) ?? config;
        new ModelConfigValidator(_file.Path).Check(config);
        return config;
    }

    private float ReadEpsilon()
    {
        string[] keys = ["attention.layer_norm_rms_epsilon", "attention.layer_norm_epsilon"];
        string usual = keys[_architecture.Norm == NormKind.Rms ? 0 : 1];
        return _keys.SingleOrNull(usual) ?? keys.Select(_keys.SingleOrNull).FirstOrDefault(value => value is not null) ?? throw _keys.Missing(usual);
    }

    /// <summary>What logits are divided by; in some architectures, what they are multiplied with.</summary>
    private float ReadLogitScale()
    {
        float scale = _keys.SingleOrNull("logit_scale") ?? 1;
        return _architecture.GgufLogitScaleMultiplies ? scale : 1 / scale;
    }

    private LatentAttention? ReadLatent()
    {
        if (_keys.Int32OrNull("attention.kv_lora_rank") is not { } rank)
        {
            return null;
        }

        int rope = _keys.Int32("rope.dimension_count");

        // Files from before the split projections have the heads' own lengths under the plain keys.
        int head = _keys.Int32OrNull("attention.key_length_mla") ?? _keys.Int32("attention.key_length");
        int value = _keys.Int32OrNull("attention.value_length_mla") ?? _keys.Int32("attention.value_length");
        return new LatentAttention(_keys.Int32OrNull("attention.q_lora_rank") ?? 0, rank, head - rope, rope, value);
    }

    /// <summary>DeepSeek's YaRN makes scores larger besides: the square of a magnitude of its own.</summary>
    private float ReadLatentScale(RopeConfig? rope)
    {
        if (rope?.Scaling is not RopeScaling.Yarn yarn || YarnLogMultiplier() is not { } weight || _keys.Int32OrNull("attention.kv_lora_rank") is null)
        {
            return 1;
        }

        float magnitude = yarn.Magnitude * RopeScaling.Yarn.DefaultMagnitude(yarn.Factor, weight);
        return magnitude * magnitude;
    }

    private int VocabularySize()
    {
        string name = TensorNames.Gguf.Find(TensorRole.Embedding) + ".weight";
        return _file.Tensors.TryGetValue(name, out TensorEntry? embedding) && embedding.Shape is [>= 1 and <= int.MaxValue, _]
            ? (int)embedding.Shape[0]
            : throw new ModelFormatException(_file.Path, _file.Tensors.Count == 0
                ? "is a vocabulary without weights: it can be tokenized with, but computes nothing"
                : $"has no tensor '{name}' of two dimensions");
    }

    private int CountLayers(out int drafts)
    {
        // Layers that guess tokens ahead are counted in.
        drafts = _keys.Int32OrNull("nextn_predict_layers") ?? 0;
        int count = _keys.Int32("block_count") - drafts;
        return drafts >= 0 && count is >= 1 and <= ModelConfig.MaxLayers
            ? count
            : throw new ModelFormatException(
                _file.Path, $"metadata key '{_keys.Key("block_count")}' is {count}, but must be from 1 to {ModelConfig.MaxLayers}");
    }

    private RopeConfig ReadRope(int headDimension) =>
        new(_keys.SingleOrNull("rope.freq_base") ?? 10000, _keys.Int32OrNull("rope.dimension_count") ?? headDimension, ReadScaling());

    private LayerConfig[] ReadLayers(int count, RopeConfig? rope, int[]? kvHeads, int[]? feedForward)
    {
        int window = _keys.Int32OrNull("attention.sliding_window") ?? 0;

        // Layers with a window never scale their frequencies (Gemma 3, OLMo 3), unless their base is that of the others.
        float localBase = _keys.SingleOrNull("rope.freq_base_swa") ?? _architecture.LocalRopeBase;
        RopeConfig? localRope = rope is not null && (localBase > 0 || _architecture.SlidingLayersAreUnscaled)
            ? new RopeConfig(localBase > 0 ? localBase : rope.Base, _keys.Int32OrNull("rope.dimension_count_swa") ?? rope.Dimension)
            : rope;
        QueryTemperature? temperature = ReadTemperature();
        bool[] slides = window > 0 ? ReadSlidingLayers(count) : new bool[count];
        bool hasRotation = _architecture.HasRotation && !(_keys.SingleOrNull("attention.max_alibi_bias") > 0);
        bool[]? rotating = _keys.BoolsOrNull("rope.layers", count);
        LayerConfig[] layers = new LayerConfig[count];
        for (int i = 0; i < count; i++)
        {
            bool rotates = rotating?[i] ?? hasRotation && (!_architecture.OnlySlidingLayersRotate || slides[i] || window == 0)
                && (_architecture.NoRopeInterval == 0 || (i + 1) % _architecture.NoRopeInterval != 0);
            layers[i] = new LayerConfig(slides[i] ? window : 0, !rotates ? null : slides[i] ? localRope : rope)
            {
                KvHeads = kvHeads?[i] is > 0 and { } heads ? heads : null,
                FeedForwardSize = feedForward?[i] is > 0 and { } size ? size : null,
                Temperature = temperature,
            };
        }

        return layers;
    }

    private QueryTemperature? ReadTemperature()
    {
        int length = _keys.Int32OrNull("attention.temperature_length") ?? _keys.Int32OrNull("rope.scaling.original_context_length") ?? 0;
        return _keys.SingleOrNull("attention.temperature_scale") is { } scale and not 0 && length > 0 ? new QueryTemperature(scale, length, 0) : null;
    }

    private bool[] ReadSlidingLayers(int count)
    {
        const string Pattern = "attention.sliding_window_pattern";
        return _keys.BoolsOrNull(Pattern, count)
            ?? SlidingLayers.Every(_keys.Int32OrNull(Pattern) ?? _architecture.FullAttentionInterval, count);
    }

    private RopeScaling? ReadScaling()
    {
        if (Divisors("rope_freqs.weight") is { } divisors)
        {
            return new RopeScaling.Divisors(divisors);
        }

        int originalContext = _keys.Int32OrNull("rope.scaling.original_context_length") ?? _keys.Int32("context_length");
        if (Divisors("rope_factors_long.weight") is { } longFactors && Divisors("rope_factors_short.weight") is { } shortFactors)
        {
            float magnitude = _keys.SingleOrNull("rope.scaling.attn_factor") ?? 1;
            return new RopeScaling.LongRope(shortFactors, longFactors, originalContext, magnitude)
            {
                ShortMagnitude = _keys.SingleOrNull("rope.scaling.short_attn_factor") ?? magnitude,
            };
        }

        // A key of this engine: llama.cpp knows no scaling that depends on the length.
        if (_keys.SingleOrNull("rope.scaling.dynamic_factor") is { } dynamicFactor)
        {
            return new RopeScaling.Dynamic(dynamicFactor, originalContext);
        }

        // As llama.cpp reads them: without a type the scaling is linear, older files have another key, and 0 stands for no scaling.
        string type = _keys.StringOrNull("rope.scaling.type") ?? "linear";
        float factor = (_keys.SingleOrNull("rope.scaling.factor") ?? _keys.SingleOrNull("rope.scale_linear")) is { } given and not 0 ? given : 1;
        return type switch
        {
            "none" => null,
            "linear" => factor == 1 ? null : new RopeScaling.Linear(factor),
            "yarn" => new RopeScaling.Yarn(
                factor,
                originalContext,
                _keys.SingleOrNull("rope.scaling.yarn_beta_fast") ?? 32,
                _keys.SingleOrNull("rope.scaling.yarn_beta_slow") ?? 1,
                YarnMagnitude(factor) * (_keys.SingleOrNull("rope.scaling.attn_factor") ?? 1),
                _keys.BoolOrNull("rope.scaling.yarn_truncate") ?? _architecture.YarnRoundsBounds)
            {
                Extrapolation = _keys.SingleOrNull("rope.scaling.yarn_ext_factor") is { } extrapolation and >= 0 ? extrapolation : 1,
            },
            _ => throw new ModelFormatException(
                _file.Path,
                $"metadata key '{_keys.Key("rope.scaling.type")}' is '{type}', but only none, linear, yarn and longrope (with its tensors) are supported"),
        };
    }

    /// <summary>The magnitude that llama.cpp gives to YaRN before the file's factor.</summary>
    private float YarnMagnitude(float factor)
    {
        if (YarnLogMultiplier() is not { } weight)
        {
            return RopeScaling.Yarn.DefaultMagnitude(factor);
        }

        // DeepSeek's files have the weight of both, which cancel.
        return _keys.Int32OrNull("attention.kv_lora_rank") is not null && weight != 1
            ? 1
            : RopeScaling.Yarn.DefaultMagnitude(factor) / RopeScaling.Yarn.DefaultMagnitude(factor, weight);
    }

    /// <summary>DeepSeek's <c>mscale_all_dim</c>; files with latent attention hold a tenth of it.</summary>
    private float? YarnLogMultiplier() => _keys.SingleOrNull("rope.scaling.yarn_log_multiplier") is { } multiplier and not 0
        ? _keys.Int32OrNull("attention.kv_lora_rank") is null ? multiplier : multiplier / 0.1f
        : null;

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
        int count = _keys.Int32OrNull("expert_count") ?? 0;
        if (count == 0)
        {
            return null;
        }

        ExpertRouter usual = _architecture.Router;
        int size = _keys.Int32OrNull("expert_feed_forward_length") ?? _keys.Int32("feed_forward_length");
        int? gating = _keys.Int32OrNull("expert_gating_func");
        ExpertRouter router = usual with
        {
            Used = _keys.Int32("expert_used_count"),
            NormalizesWeights = _keys.BoolOrNull("expert_weights_norm") ?? usual.NormalizesWeights,
            Scoring = gating switch
            {
                null or 0 => usual.Scoring,
                1 => RouterScoring.Softmax,
                2 => RouterScoring.Sigmoid,
                3 => RouterScoring.Softmax,
                _ => throw new ModelFormatException(
                    _file.Path, $"metadata key '{_keys.Key("expert_gating_func")}' is {gating}, but only 1 (softmax), 2 (sigmoid) and 3 (softmax of those taken) are supported"),
            },
            Scale = _keys.SingleOrNull("expert_weights_scale") is { } scale and not 0 ? scale : usual.Scale,
            Groups = _keys.Int32OrNull("expert_group_count") ?? 1,
            GroupsUsed = _keys.Int32OrNull("expert_group_used_count") ?? 1,
        };

        // The softmax of the scores taken is that of all of them, divided by its sum over those taken.
        router = gating == 3 ? router with { NormalizesWeights = true } : router;
        int shared = _keys.Int32OrNull("expert_shared_feed_forward_length") ?? (_keys.Int32OrNull("expert_shared_count") ?? 0) * size;
        return new ExpertConfig(count, size, router) { SharedSize = shared };
    }

    private Activation ReadActivation()
    {
        const string Name = "hidden_activation";
        return _keys.StringOrNull(Name) is not { } name
            ? _architecture.Activation
            : ActivationNames.Find(name)
                ?? throw new ModelFormatException(_file.Path, $"metadata key '{_keys.Key(Name)}' is '{name}', but only {ActivationNames.All} are supported");
    }
}
