using Winnow.Models.Weights;

namespace Winnow.Models.Architectures;

/// <summary>Phi 3, 3.5 and 4: Llama with fused projections; long-context versions scale rotary frequencies by searched factors.</summary>
/// <remarks>https://arxiv.org/abs/2404.14219, https://arxiv.org/abs/2412.08905.</remarks>
internal static class Phi3
{
    public static Architecture Architecture { get; } = new()
    {
        HuggingFaceName = "phi3",
        GgufName = "phi3",
        HasSlidingWindow = true,
        HuggingFaceDefaults = """{ "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "tie_word_embeddings": false }""",
        HuggingFaceTensors = TensorNames.HuggingFace.With(new()
        {
            [TensorRole.QueryKeyValue] = "model.layers.{0}.self_attn.qkv_proj",
            [TensorRole.GateUp] = "model.layers.{0}.mlp.gate_up_proj",
        }),
    };
}
