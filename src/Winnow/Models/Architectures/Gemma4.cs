using Winnow.Compute;
using Winnow.Models.Config;
using Winnow.Models.Weights;

namespace Winnow.Models.Architectures;

/// <summary>
/// Gemma 4 (text): Gemma 3 with larger heads in layers without a window, normalised values, vectors of each token for each layer and
/// shared keys and values in the small models, keys that are values too in the large ones, and experts beside the dense block in one.
/// </summary>
/// <remarks>https://ai.google.dev/gemma/docs/core/model_card_4.</remarks>
internal static class Gemma4
{
    public static Architecture Architecture { get; } = new()
    {
        HuggingFaceName = "gemma4_text",
        GgufName = "gemma4",
        NormPlacement = NormPlacement.Around,
        QueryKeyNorm = QueryKeyNorm.PerHead,
        NormsValues = true,
        HasDenseBesideExperts = true,
        Activation = Activation.GeluTanh,
        ScalesEmbeddings = true,
        HasSlidingWindow = true,
        FullAttentionInterval = 6,
        LocalRopeBase = 10000,
        Router = new ExpertRouter(Used: 8, NormalizesWeights: true),
        HuggingFaceKeys = new Dictionary<string, string> { ["num_experts_per_tok"] = "top_k_experts" },
        HuggingFaceDefaults = """
            {
              "rms_norm_eps": 1e-6, "tie_word_embeddings": true, "head_dim": 256, "num_key_value_heads": 4, "sliding_window": 512,
              "hidden_size_per_layer_input": 256, "vocab_size_per_layer_input": 262144, "global_head_dim": 512,
              "rope_parameters": {
                "full_attention": { "rope_type": "proportional", "rope_theta": 1000000.0, "partial_rotary_factor": 0.25 },
                "sliding_attention": { "rope_type": "default", "rope_theta": 10000.0 }
              }
            }
            """,
        ReadHuggingFace = ReadHuggingFace,
        ReadGguf = ReadGguf,
        WriteGguf = WriteGguf,
        HuggingFaceTensors = Gemma2.Architecture.HuggingFaceTensors.With(new()
        {
            [TensorRole.PerLayerEmbedding] = "model.embed_tokens_per_layer",
            [TensorRole.PerLayerModelProjection] = "model.per_layer_model_projection",
            [TensorRole.PerLayerProjectionNorm] = "model.per_layer_projection_norm",
            [TensorRole.PerLayerGate] = "model.layers.{0}.per_layer_input_gate",
            [TensorRole.PerLayerProjection] = "model.layers.{0}.per_layer_projection",
            [TensorRole.PerLayerPostNorm] = "model.layers.{0}.post_per_layer_input_norm",
            [TensorRole.LayerScale] = "model.layers.{0}.layer_scalar",
            [TensorRole.Router] = "model.layers.{0}.router.proj",
            [TensorRole.RouterNorm] = "model.layers.{0}.router.scale",
            [TensorRole.ExpertScale] = "model.layers.{0}.router.per_expert_scale",
            [TensorRole.ExpertGateUp] = "model.layers.{0}.experts.gate_up_proj",
            [TensorRole.ExpertDown] = "model.layers.{0}.experts.down_proj",
            [TensorRole.ExpertNorm] = "model.layers.{0}.pre_feedforward_layernorm_2",
            [TensorRole.PostExpertNorm] = "model.layers.{0}.post_feedforward_layernorm_2",
            [TensorRole.PostDenseNorm] = "model.layers.{0}.post_feedforward_layernorm_1",
        }),
    };

    /// <summary>The layer whose keys and values each layer attends to: of those that come last, the last one before them of the same kind.</summary>
    /// <param name="layers">All layers.</param>
    /// <param name="shared">How many have none of their own.</param>
    public static LayerConfig[] ShareKeys(IReadOnlyList<LayerConfig> layers, int shared)
    {
        int first = layers.Count - shared;
        return [.. layers.Select((layer, i) => i < first ? layer : layer with
        {
            SharedKvLayer = Enumerable.Range(0, first).LastOrDefault(other => layers[other].Window == layer.Window, -1) is >= 0 and { } source ? source : null,
        })];
    }

    private static ModelConfig ReadHuggingFace(HuggingFaceConfig keys, ModelConfig config)
    {
        if (keys.GetStringOrNull("use_bidirectional_attention") == "all")
        {
            throw keys.Wrong("use_bidirectional_attention", "null or \"vision\": attention in both directions is not supported");
        }

        bool valuesAreKeys = keys.GetBoolOrNull("attention_k_eq_v") == true;
        int shared = keys.GetInt32OrNull("num_kv_shared_layers") ?? 0;
        if (shared < 0 || shared >= config.Layers.Count)
        {
            throw keys.Wrong("num_kv_shared_layers", $"from 0 to {config.Layers.Count - 1}");
        }

        HuggingFaceConfig? overrides = keys.GetObjectOrNull("per_layer_config");
        LayerConfig[] layers = new LayerConfig[config.Layers.Count];
        for (int i = 0; i < layers.Length; i++)
        {
            // The last layer never has a window.
            LayerConfig layer = i == layers.Length - 1 ? config.Layers[i] with { Window = 0 } : config.Layers[i];
            bool isFull = layer.Window == 0;
            HuggingFaceConfig? own = overrides?.GetObjectOrNull(i.ToString(System.Globalization.CultureInfo.InvariantCulture));
            int? headDimension = overrides is not null ? own?.GetInt32OrNull("head_dim") : isFull ? keys.GetInt32("global_head_dim") : null;
            int? kvHeads = overrides is not null ? own?.GetInt32OrNull("num_key_value_heads")
                : isFull && valuesAreKeys ? keys.GetInt32OrNull("num_global_key_value_heads") : null;
            (RopeConfig full, RopeConfig sliding) = new HuggingFaceRopeReader(keys).Read(headDimension ?? config.HeadDimension);
            layers[i] = layer with
            {
                Rope = isFull ? full : sliding,
                HeadDimension = headDimension,
                KvHeads = kvHeads,
                ValuesAreKeys = isFull && valuesAreKeys,
                FeedForwardSize = keys.GetBoolOrNull("use_double_wide_mlp") == true && i >= layers.Length - shared ? 2 * config.FeedForwardSize : null,
            };
        }

        int perLayer = keys.GetInt32OrNull("hidden_size_per_layer_input") ?? 0;
        return config with
        {
            AttentionScale = 1,
            Layers = ShareKeys(layers, shared),
            Experts = keys.GetBoolOrNull("enable_moe_block") == true ? config.Experts : null,
            PerLayerSize = perLayer,
            PerLayerVocabulary = perLayer > 0 ? keys.GetInt32("vocab_size_per_layer_input") : 0,
        };
    }

    private static ModelConfig ReadGguf(GgufKeys keys, ModelConfig config)
    {
        int slidingDimension = keys.Int32OrNull("attention.key_length_swa") ?? config.HeadDimension;
        int shared = keys.Int32OrNull("attention.shared_kv_layers") ?? 0;
        IEnumerable<LayerConfig> layers = config.Layers.Select((layer, i) => layer with
        {
            HeadDimension = layer.Window > 0 ? slidingDimension : null,
            ValueDimension = layer.Window > 0 ? slidingDimension : null,
            ValuesAreKeys = i < config.Layers.Count - shared && !keys.Tensors.ContainsKey($"blk.{i}.attn_v.weight"),
        });
        return ReadPerLayer(keys, config with { AttentionScale = 1, Layers = ShareKeys([.. layers], Math.Clamp(shared, 0, config.Layers.Count - 1)) });
    }

    /// <summary>Reads the sizes of the vectors that tokens have for each layer.</summary>
    public static ModelConfig ReadPerLayer(GgufKeys keys, ModelConfig config)
    {
        int perLayer = keys.Int32OrNull("embedding_length_per_layer_input") ?? 0;
        string table = TensorNames.Gguf.Find(TensorRole.PerLayerEmbedding) + ".weight";
        return config with
        {
            PerLayerSize = perLayer,
            PerLayerVocabulary = keys.Tensors.TryGetValue(table, out Formats.TensorEntry? tensor) && tensor.Shape is [<= int.MaxValue, _] ? (int)tensor.Shape[0] : 0,
        };
    }

    private static void WriteGguf(ModelConfig config, Action<string, object> set)
    {
        int full = Enumerable.Range(0, config.Layers.Count).LastOrDefault(layer => config.Layers[layer].Window == 0);
        int sliding = Enumerable.Range(0, config.Layers.Count).LastOrDefault(layer => config.Layers[layer].Window > 0, full);
        foreach ((string key, int layer) in ((string, int)[])[("", full), ("_swa", sliding)])
        {
            set("attention.key_length" + key, (uint)config.HeadDimensionOf(layer));
            set("attention.value_length" + key, (uint)config.ValueDimensionOf(layer));
        }

        WriteShared(config, set);
    }

    /// <summary>Writes what Gemma 3n and 4 share.</summary>
    public static void WriteShared(ModelConfig config, Action<string, object> set)
    {
        set("attention.shared_kv_layers", (uint)config.Layers.Count(layer => layer.SharedKvLayer is not null));
        set("embedding_length_per_layer_input", (uint)config.PerLayerSize);
        set("attention.sliding_window_pattern", (bool[])[.. config.Layers.Select(layer => layer.Window > 0)]);
    }
}
