using Winnow.Compute;
using Winnow.Models.Weights;

namespace Winnow.Models.Architectures;

/// <summary>ERNIE 4.5 with experts chosen by softmax with a correction, some of them shared.</summary>
/// <remarks>https://yiyan.baidu.com/blog/publication/ERNIE_Technical_Report.pdf.</remarks>
internal static class Ernie45Moe
{
    public static Architecture Architecture { get; } = Ernie45.Architecture with
    {
        HuggingFaceName = "ernie4_5_moe",
        GgufName = "ernie4_5-moe",
        Router = new ExpertRouter(Used: 6, NormalizesWeights: true),
        HuggingFaceKeys = new Dictionary<string, string> { ["num_experts_per_tok"] = "moe_k", ["n_shared_experts"] = "moe_num_shared_experts" },
        HuggingFaceDefaults = """
            {
              "rms_norm_eps": 1e-5, "rope_theta": 500000.0, "tie_word_embeddings": true, "num_key_value_heads": 4,
              "moe_num_experts": 64, "num_experts_per_tok": 6, "n_shared_experts": 2, "moe_intermediate_size": 1536
            }
            """,
        WriteGguf = (_, set) => set("interleave_moe_layer_step", 1u),
        HuggingFaceTensors = TensorNames.HuggingFaceExperts.With(new()
        {
            [TensorRole.RouterCorrection] = "model.layers.{0}.mlp.moe_statics.e_score_correction_bias",
        }),
    };
}
