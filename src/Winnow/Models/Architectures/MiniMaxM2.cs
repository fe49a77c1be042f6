using Winnow.Compute;
using Winnow.Models.Config;
using Winnow.Models.Weights;

namespace Winnow.Models.Architectures;

/// <summary>MiniMax M2: experts chosen by sigmoids with a correction, norms of whole query and key projections, a part of each head rotated.</summary>
/// <remarks>https://huggingface.co/MiniMaxAI/MiniMax-M2.</remarks>
internal static class MiniMaxM2
{
    public static Architecture Architecture { get; } = new()
    {
        HuggingFaceName = "minimax_m2",
        GgufName = "minimax-m2",
        QueryKeyNorm = QueryKeyNorm.WholeProjection,
        Router = new ExpertRouter(Used: 8, NormalizesWeights: true) { Scoring = RouterScoring.Sigmoid },
        HuggingFaceDefaults = """
            {
              "rms_norm_eps": 1e-6, "rope_theta": 5000000.0, "tie_word_embeddings": false, "head_dim": 128, "num_key_value_heads": 8,
              "num_local_experts": 256, "num_experts_per_tok": 8
            }
            """,
        HuggingFaceTensors = Mixtral.Architecture.HuggingFaceTensors.With(new()
        {
            [TensorRole.RouterCorrection] = "model.layers.{0}.block_sparse_moe.e_score_correction_bias",
        }),
    };
}
