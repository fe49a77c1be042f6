using Winnow.Models.Config;
using Winnow.Models.Weights;

namespace Winnow.Models.Architectures;

/// <summary>Hunyuan: Llama with norms of heads after rotation, and a rotary base stretched by a factor.</summary>
/// <remarks>https://huggingface.co/tencent/Hunyuan-7B-Instruct.</remarks>
internal static class HunyuanDense
{
    public static Architecture Architecture { get; } = new()
    {
        HuggingFaceName = "hunyuan_v1_dense",
        GgufName = "hunyuan-dense",
        QueryKeyNorm = QueryKeyNorm.PerHead,
        NormsAfterRotation = true,
        HuggingFaceDefaults = """{ "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "tie_word_embeddings": false }""",
        HuggingFaceTensors = TensorNames.HuggingFace.With(new()
        {
            [TensorRole.QueryNorm] = "model.layers.{0}.self_attn.query_layernorm",
            [TensorRole.KeyNorm] = "model.layers.{0}.self_attn.key_layernorm",
        }),
    };
}
