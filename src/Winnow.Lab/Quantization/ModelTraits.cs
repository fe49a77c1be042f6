using Winnow.Formats;

namespace Winnow.Lab.Quantization;

/// <summary>What the choice of types depends on besides the tensors' names and shapes.</summary>
/// <param name="Layers">The number of layers.</param>
/// <param name="Experts">The number of experts of a mixture-of-experts model, else 0.</param>
/// <param name="Is70B">Whether it is a Llama or Qwen 2 model of 80 layers with shared KV heads.</param>
/// <param name="QueriesPerKey">Query heads that share a head of keys and values.</param>
internal readonly record struct ModelTraits(int Layers, int Experts, bool Is70B, int QueriesPerKey = 1)
{
    /// <summary>Reads the traits from a GGUF file's metadata; what is missing counts as 0.</summary>
    public static ModelTraits Of(GgufMetadata metadata)
    {
        string architecture = metadata.GetStringOrNull("general.architecture") ?? "";
        int layers = metadata.GetInt32OrNull($"{architecture}.block_count") ?? 0;
        int experts = metadata.GetInt32OrNull($"{architecture}.expert_count") ?? 0;
        bool is70B = layers == 80 && architecture switch
        {
            "llama" => Heads(metadata, $"{architecture}.attention.head_count_kv") is int kvHeads
                && Heads(metadata, $"{architecture}.attention.head_count") != kvHeads,
            "qwen2" => true,
            _ => false,
        };
        int queries = Heads(metadata, $"{architecture}.attention.head_count") ?? 0;
        int keys = Heads(metadata, $"{architecture}.attention.head_count_kv") ?? queries;
        return new ModelTraits(layers, experts, is70B, keys > 0 ? queries / keys : 0);
    }

    /// <summary>The number of heads, where it is one for all layers.</summary>
    private static int? Heads(GgufMetadata metadata, string key) =>
        metadata.TryGet(key, out object? value) && value is not Array ? metadata.GetInt32OrNull(key) : null;
}
