using Winnow.Compute;
using Winnow.Formats;
using Winnow.Models.Architectures;

namespace Winnow.Models.Config;

/// <summary>Reads hyper-parameters from Hugging Face's config.json, as transformers 4 and as transformers 5 write it.</summary>
internal sealed class HuggingFaceConfigReader
{
    private readonly HuggingFaceConfig _config;
    private readonly Architecture _architecture;

    private HuggingFaceConfigReader(HuggingFaceConfig config, Architecture architecture)
    {
        _config = config;
        _architecture = architecture;
    }

    /// <exception cref="ModelFormatException">A key is missing or holds something that makes no model, or the architecture has no descriptor.</exception>
    public static ModelConfig Read(string path)
    {
        HuggingFaceConfig config = HuggingFaceConfig.Open(path);
        string name = config.GetStringOrNull("model_type")
            ?? throw new ModelFormatException(path, "key 'model_type' is missing: no model's config.json");
        Architecture architecture = Architecture.ForHuggingFace(name)
            ?? throw ModelFormatException.Unsupported(path, name, Architecture.All.Select(a => a.HuggingFaceName));
        if (config.GetObjectOrNull("quantization_config") is { } quantization)
        {
            string method = quantization.GetStringOrNull("quant_method") ?? "an unnamed method";
            throw new ModelFormatException(
                path, $"has weights quantized with {method}, which are not supported; take the original model or a GGUF file of it");
        }

        return new HuggingFaceConfigReader(config.WithDefaults(architecture), architecture).Read();
    }

    private ModelConfig Read()
    {
        int hiddenSize = _config.GetInt32("hidden_size");
        LayerBlocks[]? blocks = _architecture.HuggingFaceLayers?.Invoke(_config, CountLayers());
        bool attends = blocks is null || Array.Exists(blocks, block => block.Attends);
        int queryHeads = attends ? _config.GetInt32("num_attention_heads") : 0;
        if ((attends && queryHeads <= 0) || hiddenSize <= 0)
        {
            throw new ModelFormatException(
                _config.Path, $"has {queryHeads} attention heads and a hidden size of {hiddenSize}, but both must be positive");
        }

        LatentAttention? latent = ReadLatent();
        int headDimension = !attends ? 0 : latent is not null ? latent.Rank + latent.RopeDimension : _config.GetInt32OrNull("head_dim") ?? hiddenSize / queryHeads;
        float scoreDivisor = _config.GetSingleOrNull("query_pre_attn_scalar") ?? latent?.HeadDimension ?? headDimension;
        LayerConfig[] layers = ReadLayers(latent?.RopeDimension ?? headDimension, blocks);
        ModelConfig config = new()
        {
            Architecture = _architecture,
            Name = _config.GetStringOrNull("_name_or_path") is { Length: > 0 } name ? name : null,
            HiddenSize = hiddenSize,
            FeedForwardSize = Array.Exists(layers, layer => layer.FeedsForward) ? ReadFeedForwardSize(hiddenSize, layers.Length) : 0,
            VocabularySize = _config.GetInt32("vocab_size"),
            ContextLength = _config.GetInt32("max_position_embeddings"),
            QueryHeads = queryHeads,
            KvHeads = !attends ? 0 : latent is not null ? 1 : _config.GetInt32OrNull("num_key_value_heads") ?? queryHeads,
            HeadDimension = headDimension,
            ValueDimension = latent?.Rank ?? _config.GetInt32OrNull("v_head_dim"),
            Latent = latent,
            NormEpsilon = ReadEpsilon(),
            Layers = layers,
            RopeIsInterleaved = _architecture.HuggingFaceRopeIsInterleaved && _config.GetBoolOrNull("rope_interleave") != false,
            Activation = ReadActivation(),
            Experts = ReadExperts(),
            IsParallel = _config.GetBoolOrNull("use_parallel_residual") ?? _architecture.IsParallel,
            AttentionScale = _config.GetSingleOrNull("attention_multiplier") ?? ReadLatentScale(latent) / MathF.Sqrt(scoreDivisor),
            AttentionSoftCap = _config.GetSingleOrNull("attn_logit_softcapping") ?? 0,
            QueryKeyValueLimit = _config.GetSingleOrNull("clip_qkv") ?? 0,
            ValueScale = _config.GetSingleOrNull("attention_value_scale") ?? 1,
            AlibiBias = _architecture.AlibiBias,
            LogitSoftCap = _config.GetSingleOrNull("final_logit_softcapping") ?? 0,
            EmbeddingScale = _config.GetSingleOrNull("embedding_multiplier") ?? (_architecture.ScalesEmbeddings ? MathF.Sqrt(hiddenSize) : 1),
            ResidualScale = _config.GetSingleOrNull("residual_multiplier") ?? 1,
            LogitScale = _config.GetSingleOrNull("logit_scale") ?? (1 / (_config.GetSingleOrNull("logits_scaling") ?? 1)),
            DraftLayers = _config.GetInt32OrNull("num_nextn_predict_layers") ?? 0,
            IsTied = _config.GetBoolOrNull("tie_embedding") ?? _config.GetBoolOrNull("tie_word_embeddings") ?? false,
        };
        config = _architecture.ReadHuggingFace?.Invoke(_config, config) ?? config;
        new ModelConfigValidator(_config.Path).Check(config);
        return config;
    }

    private LatentAttention? ReadLatent() => _config.GetInt32OrNull("kv_lora_rank") is not { } rank ? null : new LatentAttention(
        _config.GetInt32OrNull("q_lora_rank") ?? 0,
        rank,
        _config.GetInt32("qk_nope_head_dim"),
        _config.GetInt32("qk_rope_head_dim"),
        _config.GetInt32("v_head_dim"));

    /// <summary>DeepSeek's YaRN makes scores larger besides: the square of a magnitude of its own.</summary>
    private float ReadLatentScale(LatentAttention? latent)
    {
        if (latent is null || (_config.GetObjectOrNull("rope_parameters") ?? _config.GetObjectOrNull("rope_scaling")) is not { } rope)
        {
            return 1;
        }

        bool scales = (rope.GetStringOrNull("rope_type") ?? rope.GetStringOrNull("type") ?? "default") != "default";
        float magnitude = scales && rope.GetSingleOrNull("mscale_all_dim") is { } weight and not 0
            ? RopeScaling.Yarn.DefaultMagnitude(rope.GetSingleOrNull("factor") ?? 1, weight)
            : 1;
        return magnitude * magnitude;
    }

    private int ReadFeedForwardSize(int hiddenSize, int layers)
    {
        const string Key = "intermediate_size";
        if (_architecture.HuggingFaceFeedForwardSize?.Invoke(_config) is { } own)
        {
            return own;
        }

        return _architecture.FeedForwardMultiple > 0
            ? _config.GetInt32OrNull(Key) ?? _architecture.FeedForwardMultiple * hiddenSize
            : (_config.GetInt32OrListOrNull(Key, layers) ?? [_config.GetInt32(Key)]).Max();
    }

    private float ReadEpsilon()
    {
        string[] rms = ["rms_norm_eps", "norm_eps"];
        string[] layer = ["layer_norm_eps", "norm_epsilon", "layer_norm_epsilon", "norm_eps"];
        string[] keys = _architecture.Norm == NormKind.Rms ? [.. rms, .. layer] : [.. layer, .. rms];
        return keys.Select(_config.GetSingleOrNull).FirstOrDefault(value => value is not null)
            ?? throw new ModelFormatException(_config.Path, $"key '{keys[0]}' is missing");
    }

    private Activation ReadActivation()
    {
        string key = _config.Contains("hidden_activation") ? "hidden_activation" : "hidden_act";
        if (_architecture.ReadXielu is not null && _config.GetStringOrNull(key) == "xielu")
        {
            return _architecture.Activation;
        }

        return _config.GetStringOrNull(key) is not { } name
            ? _architecture.Activation
            : ActivationNames.Find(name) ?? throw _config.Wrong(key, $"one of {ActivationNames.All}");
    }

    private ExpertConfig? ReadExperts()
    {
        string[] countKeys = ["num_local_experts", "num_experts", "n_routed_experts", "moe_num_experts"];
        if (countKeys.Select(_config.GetInt32OrNull).FirstOrDefault(value => value is not null) is not { } count || count == 0)
        {
            return null;
        }

        int layers = CountLayers();
        int size = (_config.GetInt32OrListOrNull("moe_intermediate_size", layers) ?? [_config.GetInt32("intermediate_size")])[0];
        int used = (_config.GetInt32OrListOrNull("num_experts_per_tok", layers) ?? [_config.GetInt32("num_experts_per_tok")])[0];
        int shared = _config.GetInt32OrNull("shared_expert_intermediate_size")
            ?? (_config.GetInt32OrListOrNull("n_shared_experts", layers)?[0] ?? 0) * size;
        ExpertRouter router = _architecture.Router;
        return new ExpertConfig(count, size, router with
        {
            Used = used,
            NormalizesWeights = _config.GetBoolOrNull("norm_topk_prob") ?? router.NormalizesWeights,
            Scale = _config.GetSingleOrNull("routed_scaling_factor") ?? router.Scale,
            Groups = _config.GetInt32OrNull("n_group") ?? 1,
            GroupsUsed = _config.GetInt32OrNull("topk_group") ?? 1,
        })
        {
            SharedSize = shared,
        };
    }

    private int CountLayers()
    {
        int count = _config.GetInt32("num_hidden_layers");
        return count is >= 1 and <= ModelConfig.MaxLayers ? count : throw _config.Wrong("num_hidden_layers", $"from 1 to {ModelConfig.MaxLayers}");
    }

    private LayerConfig[] ReadLayers(int headDimension, LayerBlocks[]? blocks)
    {
        int count = CountLayers();
        if (headDimension == 0 && blocks is not null)
        {
            return Array.ConvertAll(blocks, block => block.In(new LayerConfig(Window: 0, Rope: null)));
        }

        bool hasRotation = _architecture.HasRotation;
        (RopeConfig? rope, RopeConfig? localRope) = hasRotation ? new HuggingFaceRopeReader(_config).Read(headDimension) : default;
        if (_architecture.SlidingLayersAreUnscaled && localRope == rope)
        {
            localRope = rope! with { Scaling = null };
        }

        int window = ReadWindow();
        bool[] slides = window > 0 ? ReadSlidingLayers(count) : new bool[count];
        bool[] rotates = ReadRotatingLayers(count);
        LayerConfig[] layers = new LayerConfig[count];
        for (int i = 0; i < count; i++)
        {
            bool rotatesHere = rotates[i] && (!_architecture.OnlySlidingLayersRotate || slides[i] || window == 0);
            layers[i] = new LayerConfig(slides[i] ? window : 0, !rotatesHere ? null : slides[i] ? localRope : rope);
            layers[i] = blocks?[i].In(layers[i]) ?? layers[i];
        }

        return layers;
    }

    private int ReadWindow()
    {
        bool slides = _architecture.HasSlidingWindow && _config.GetBoolOrNull("use_sliding_window") != false;
        return slides ? _config.GetInt32OrNull("sliding_window") ?? 0 : 0;
    }

    private bool[] ReadSlidingLayers(int count)
    {
        if (_config.GetStringsOrNull("layer_types") is { } types)
        {
            return types.Length == count && types.All(type => type is "full_attention" or "sliding_attention")
                ? Array.ConvertAll(types, type => type == "sliding_attention")
                : throw _config.Wrong("layer_types", $"{count} times full_attention or sliding_attention");
        }

        if (_config.GetInt32OrNull("max_window_layers") is { } firstLayer)
        {
            return [.. Enumerable.Range(0, count).Select(i => i >= firstLayer)];
        }

        int? interval = _config.GetInt32OrNull("sliding_window_pattern") ?? _config.GetInt32OrNull("_sliding_window_pattern");
        return SlidingLayers.Every(interval ?? _architecture.FullAttentionInterval, count);
    }

    private bool[] ReadRotatingLayers(int count)
    {
        if (!_architecture.HasRotation)
        {
            return new bool[count];
        }

        if (_architecture.NoRopeInterval == 0)
        {
            return SlidingLayers.Every(0, count);
        }

        if (_config.GetSinglesOrNull("no_rope_layers") is { } rotates)
        {
            // Despite its name, 1 stands for a layer that rotates.
            return rotates.Length == count
                ? Array.ConvertAll(rotates, value => value != 0)
                : throw _config.Wrong("no_rope_layers", $"a list of {count} zeros and ones");
        }

        return SlidingLayers.Every(_config.GetInt32OrNull("no_rope_layer_interval") ?? _architecture.NoRopeInterval, count);
    }
}
