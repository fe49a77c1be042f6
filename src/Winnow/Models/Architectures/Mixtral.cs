using Winnow.Models.Weights;

namespace Winnow.Models.Architectures;

/// <summary>Mixtral: Mistral with eight expert feed-forward blocks a layer, of which each token takes two.</summary>
/// <remarks>https://arxiv.org/abs/2401.04088. A GGUF file of it is one of Llama with experts.</remarks>
internal static class Mixtral
{
    public static Architecture Architecture { get; } = Mistral.Architecture with
    {
        HuggingFaceName = "mixtral",
        HuggingFaceDefaults = """
            {
              "rms_norm_eps": 1e-5, "rope_theta": 1000000.0, "tie_word_embeddings": false, "num_key_value_heads": 8,
              "num_local_experts": 8, "num_experts_per_tok": 2, "norm_topk_prob": true
            }
            """,
        HuggingFaceTensors = TensorNames.HuggingFace.With(new()
        {
            [TensorRole.Router] = "model.layers.{0}.block_sparse_moe.gate",
            [TensorRole.ExpertGate] = "model.layers.{0}.block_sparse_moe.experts.{1}.w1",
            [TensorRole.ExpertDown] = "model.layers.{0}.block_sparse_moe.experts.{1}.w2",
            [TensorRole.ExpertUp] = "model.layers.{0}.block_sparse_moe.experts.{1}.w3",
        }),
    };
}
