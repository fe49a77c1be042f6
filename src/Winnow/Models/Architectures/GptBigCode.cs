using Winnow.Models.Weights;

namespace Winnow.Models.Architectures;

/// <summary>StarCoder 1 and SantaCoder: GPT-2 with one key and value for all heads.</summary>
/// <remarks>https://arxiv.org/abs/2305.06161.</remarks>
internal static class GptBigCode
{
    public static Architecture Architecture { get; } = Gpt2.Architecture with
    {
        HuggingFaceName = "gpt_bigcode",
        GgufName = "starcoder",
        HuggingFaceProjectionsAreTransposed = false,
        HuggingFaceDefaults = """
            { "layer_norm_eps": 1e-5, "tie_word_embeddings": true, "hidden_act": "gelu_pytorch_tanh", "multi_query": true }
            """,
        ReadHuggingFace = (keys, config) => Gpt2.ReadScale(keys, config) with { KvHeads = keys.GetBoolOrNull("multi_query") == false ? config.QueryHeads : 1 },

        // Without shared keys, each head's query, key and value are side by side.
        HuggingFaceQueryKeyValueOrder = config => RowOrder.SplitGroups(config.QueryHeads, config.KvHeads, config.HeadDimension),
    };
}
