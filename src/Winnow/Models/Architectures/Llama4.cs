using Winnow.Compute;
using Winnow.Models.Config;
using Winnow.Models.Weights;

namespace Winnow.Models.Architectures;

/// <summary>Llama 4 (text): attention in chunks with every fourth layer free of rotation and chunks, one expert for each token beside a shared one.</summary>
/// <remarks>https://ai.meta.com/blog/llama-4-multimodal-intelligence.</remarks>
internal static class Llama4
{
    public static Architecture Architecture { get; } = new()
    {
        HuggingFaceName = "llama4_text",
        GgufName = "llama4",
        QueryKeyNorm = QueryKeyNorm.PerHeadPlain,
        NormsAfterRotation = true,
        NoRopeInterval = 4,
        WritesRotatingLayers = true,
        HuggingFaceRopeIsInterleaved = true,
        GgufRopeIsInterleaved = true,
        Router = new ExpertRouter(Used: 1, NormalizesWeights: false) { Scoring = RouterScoring.Sigmoid, ScalesInput = true },
        HuggingFaceKeys = new Dictionary<string, string> { ["intermediate_size"] = "intermediate_size_mlp", ["moe_intermediate_size"] = "intermediate_size" },
        HuggingFaceDefaults = """
            {
              "rms_norm_eps": 1e-5, "rope_theta": 500000.0, "tie_word_embeddings": false, "head_dim": 128, "num_key_value_heads": 8,
              "intermediate_size": 16384, "moe_intermediate_size": 8192, "num_local_experts": 16, "num_experts_per_tok": 1, "no_rope_layer_interval": 4,
              "attention_chunk_size": 8192, "attn_temperature_tuning": true, "floor_scale": 8192, "attn_scale": 0.1, "use_qk_norm": true
            }
            """,
        HuggingFaceExperts = new ExpertLayout { GateUpIsTransposed = true, DownIsTransposed = true },
        ReadHuggingFace = ReadHuggingFace,
        ReadGguf = ReadGguf,
        WriteGguf = (config, set) =>
        {
            set("attention.chunk_size", (uint)config.Layers.Max(layer => layer.Chunk));
            set("attention.norms_heads", config.NormsHeads == true);
            set("interleave_moe_layer_step", 1u);
        },
        HuggingFaceTensors = TensorNames.HuggingFace.With(new()
        {
            [TensorRole.Gate] = "model.layers.{0}.feed_forward.gate_proj",
            [TensorRole.Up] = "model.layers.{0}.feed_forward.up_proj",
            [TensorRole.Down] = "model.layers.{0}.feed_forward.down_proj",
            [TensorRole.Router] = "model.layers.{0}.feed_forward.router",
            [TensorRole.ExpertGateUp] = "model.layers.{0}.feed_forward.experts.gate_up_proj",
            [TensorRole.ExpertDown] = "model.layers.{0}.feed_forward.experts.down_proj",
            [TensorRole.SharedGate] = "model.layers.{0}.feed_forward.shared_expert.gate_proj",
            [TensorRole.SharedUp] = "model.layers.{0}.feed_forward.shared_expert.up_proj",
            [TensorRole.SharedDown] = "model.layers.{0}.feed_forward.shared_expert.down_proj",
        }),
    };

    private static ModelConfig ReadHuggingFace(HuggingFaceConfig keys, ModelConfig config)
    {
        int chunk = keys.GetInt32OrNull("attention_chunk_size") ?? 0;
        string[]? types = keys.GetStringsOrNull("layer_types");
        if (types is not null && (types.Length != config.Layers.Count || types.Any(type => type is not ("chunked_attention" or "full_attention"))))
        {
            throw keys.Wrong("layer_types", $"{config.Layers.Count} times full_attention or chunked_attention");
        }

        QueryTemperature? temperature = keys.GetBoolOrNull("attn_temperature_tuning") != false
            ? new QueryTemperature(keys.GetSingleOrNull("attn_scale") ?? 0, keys.GetInt32("floor_scale"), 1)
            : null;
        return config with
        {
            NormsHeads = keys.GetBoolOrNull("use_qk_norm") ?? true,
            Experts = config.Experts is { } experts ? experts with { SharedSize = experts.FeedForwardSize } : null,
            Layers = [.. config.Layers.Select((layer, i) => With(layer, (types?[i] ?? (layer.Rope is null ? "" : "chunked_attention")) == "chunked_attention" ? chunk : 0, temperature))],
        };
    }

    /// <summary>llama.cpp's files leave out what all models share; a window of 0 stands for models without chunks.</summary>
    private static ModelConfig ReadGguf(GgufKeys keys, ModelConfig config)
    {
        bool hasChunks = keys.Int32OrNull("attention.sliding_window") != 0;
        int chunk = keys.Int32OrNull("attention.chunk_size") ?? (hasChunks ? 8192 : 0);
        QueryTemperature? temperature = hasChunks
            ? new QueryTemperature(keys.SingleOrNull("attention.temperature_scale") ?? 0.1f, keys.Int32OrNull("attention.temperature_length") ?? 8192, 1)
            : null;
        return config with
        {
            NormsHeads = keys.BoolOrNull("attention.norms_heads") ?? config.Experts?.Count != 128,
            Experts = config.Experts is not { } experts ? null : experts with { SharedSize = experts.FeedForwardSize },
            Layers = [.. config.Layers.Select(layer => With(layer, layer.Rope is null ? 0 : chunk, temperature))],
        };
    }

    private static LayerConfig With(LayerConfig layer, int chunk, QueryTemperature? temperature) =>
        layer with { Chunk = chunk, Temperature = layer.Rope is null ? temperature : null };
}
