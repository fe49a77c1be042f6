using Winnow.Compute;
using Winnow.Models.Config;
using Winnow.Models.Weights;

namespace Winnow.Models.Architectures;

/// <summary>
/// OLMo Hybrid: layers of gated delta nets, whose rates go to 2, with norms before their blocks; layers of attention as in OLMo 2, with norms
/// behind them.
/// </summary>
/// <remarks>https://allenai.org/blog/olmohybrid. llama.cpp does not know it; GGUF files have names of its kind.</remarks>
internal static class OlmoHybrid
{
    /// <summary>The epsilon of the norm inside delta nets, whatever the others have.</summary>
    private const float InnerEpsilon = 1e-5f;

    public static Architecture Architecture { get; } = new()
    {
        HuggingFaceName = "olmo_hybrid",
        GgufName = "olmo-hybrid",
        QueryKeyNorm = QueryKeyNorm.WholeProjection,
        HasOptionalRope = true,
        HuggingFaceLayers = ReadLayers,
        GgufLayers = ReadLayers,
        HuggingFaceDefaults = """
            {
              "rms_norm_eps": 1e-6, "rope_theta": 10000.0, "tie_word_embeddings": false, "max_position_embeddings": 65536,
              "linear_conv_kernel_dim": 4, "linear_allow_neg_eigval": true
            }
            """,
        HuggingFaceTensors = TensorNames.HuggingFace.With(new()
        {
            [TensorRole.AttentionNorm] = "model.layers.{0}.attention_layer_norm",
            [TensorRole.PostAttentionNorm] = "model.layers.{0}.feedforward_layer_norm",
            [TensorRole.FeedForwardNorm] = "model.layers.{0}.feedforward_layer_norm",
            [TensorRole.PostFeedForwardNorm] = "model.layers.{0}.post_feedforward_layernorm",
            [TensorRole.RecurrentQuery] = "model.layers.{0}.linear_attn.q_proj",
            [TensorRole.RecurrentKey] = "model.layers.{0}.linear_attn.k_proj",
            [TensorRole.RecurrentValue] = "model.layers.{0}.linear_attn.v_proj",
            [TensorRole.RecurrentGate] = "model.layers.{0}.linear_attn.g_proj",
            [TensorRole.RecurrentRate] = "model.layers.{0}.linear_attn.b_proj",
            [TensorRole.RecurrentDecay] = "model.layers.{0}.linear_attn.a_proj",
            [TensorRole.QueryConvolution] = "model.layers.{0}.linear_attn.q_conv1d",
            [TensorRole.KeyConvolution] = "model.layers.{0}.linear_attn.k_conv1d",
            [TensorRole.ValueConvolution] = "model.layers.{0}.linear_attn.v_conv1d",
            [TensorRole.StateRate] = "model.layers.{0}.linear_attn.A_log",
            [TensorRole.StepBias] = "model.layers.{0}.linear_attn.dt_bias",
            [TensorRole.RecurrentNorm] = "model.layers.{0}.linear_attn.o_norm",
            [TensorRole.RecurrentOutput] = "model.layers.{0}.linear_attn.o_proj",
        }),
    };

    private static LayerBlocks[] ReadLayers(HuggingFaceConfig config, int count)
    {
        int heads = config.GetInt32("num_attention_heads");
        int keyHeads = config.GetInt32OrNull("linear_num_key_heads") ?? heads;
        int keyDimension = config.GetInt32OrNull("linear_key_head_dim") ?? (int)(0.75 * config.GetInt32("hidden_size") / Math.Max(keyHeads, 1));
        LinearAttentionShape shape = new(
            config.GetInt32OrNull("linear_num_value_heads") ?? heads, keyHeads, keyDimension, config.GetInt32OrNull("linear_value_head_dim") ?? 2 * keyDimension)
        {
            IsDelta = true,
        };
        bool[]? types = HybridLayers.ReadTypes(config, count, "linear_attention");
        bool[] attends = types ?? HybridLayers.Every(4, count);
        attends[^1] |= types is null && count < 4;
        float mostRate = config.GetBoolOrNull("linear_allow_neg_eigval") == true ? 2 : 1;
        bool rotates = config.GetObjectOrNull("rope_parameters") is { } rope && rope.GetSingleOrNull("rope_theta") is not null;
        return Layers(attends, shape, config.GetInt32("linear_conv_kernel_dim"), mostRate, rotates);
    }

    private static LayerBlocks[] ReadLayers(GgufKeys keys, int count)
    {
        int heads = keys.Int32("ssm.time_step_rank");
        LinearAttentionShape shape = new(
            heads, keys.Int32("ssm.group_count"), keys.Int32("ssm.state_size"), keys.Int32("ssm.inner_size") / Math.Max(heads, 1))
        {
            IsDelta = true,
        };
        return Layers(
            Qwen35.ReadAttendingLayers(keys, count),
            shape,
            keys.Int32("ssm.conv_kernel"),
            keys.SingleOrNull("ssm.rate_limit") ?? 1,
            keys.BoolOrNull("rope.scaling.finetuned") != false);
    }

    private static LayerBlocks[] Layers(bool[] attends, LinearAttentionShape shape, int kernel, float mostRate, bool rotates)
    {
        RecurrentConfig.GatedDelta delta = new(shape, kernel) { MostRate = mostRate, NormEpsilon = InnerEpsilon };
        return Array.ConvertAll(attends, isAttention => new LayerBlocks(isAttention, isAttention ? null : delta)
        {
            Rotates = rotates,
            NormPlacement = isAttention ? NormPlacement.After : NormPlacement.Before,
        });
    }
}
