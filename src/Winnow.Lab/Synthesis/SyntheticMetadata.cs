using Winnow.Formats;
using Winnow.Lab.Quantization;

namespace Winnow.Lab.Synthesis;

/// <summary>The metadata of a synthetic model, as complete as other engines need it, with a byte-level vocabulary that tokenizes any text.</summary>
internal static class SyntheticMetadata
{
    private const string Letters = "abcdefghijklmnopqrstuvwxyz";
    private const int NormalToken = 1;
    private const int ControlToken = 3;

    // The order of their ids is that of Llama 3 and Qwen.
    private static readonly string[] LlamaControls =
    [
        "<|begin_of_text|>", "<|end_of_text|>", "<|reserved_special_token_0|>", "<|reserved_special_token_1|>",
        "<|finetune_right_pad_id|>", "<|reserved_special_token_2|>", "<|start_header_id|>", "<|end_header_id|>", "<|eom_id|>", "<|eot_id|>", "<|python_tag|>",
    ];

    private static readonly string[] QwenControls = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"];

    public static GgufMetadata Of(SyntheticShape shape, QuantizationMix mix, string path)
    {
        string a = shape.Architecture;
        if (a is not ("llama" or "qwen3" or "qwen3moe"))
        {
            throw new ArgumentException($"synthetic models are llama, qwen3 or qwen3moe, not '{a}'", nameof(shape));
        }

        if (a == "qwen3moe" != shape.Experts > 0 || shape.ExpertsUsed > shape.Experts)
        {
            throw new ArgumentException(
                $"a shape of architecture '{a}' has {shape.Experts} experts, of which {shape.ExpertsUsed} are used: qwen3moe has some, the others none", nameof(shape));
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(shape.VocabularySize, 512, nameof(shape));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(shape.KvHeads, nameof(shape));
        ArgumentOutOfRangeException.ThrowIfNotEqual(shape.Heads % shape.KvHeads, 0, nameof(shape));
        GgufMetadata metadata = new(path);
        metadata.Set("general.architecture", a);
        metadata.Set("general.type", "model");
        metadata.Set("general.name", $"{shape.Name} (synthetic)");
        metadata.Set("general.file_type", (uint)mix);
        metadata.Set("general.quantization_version", ModelQuantizer.QuantizationVersion);
        metadata.Set($"{a}.vocab_size", (uint)shape.VocabularySize);
        metadata.Set($"{a}.context_length", (uint)shape.ContextLength);
        metadata.Set($"{a}.embedding_length", (uint)shape.HiddenSize);
        metadata.Set($"{a}.block_count", (uint)shape.Layers);
        metadata.Set($"{a}.feed_forward_length", (uint)shape.FeedForwardSize);
        metadata.Set($"{a}.attention.head_count", (uint)shape.Heads);
        metadata.Set($"{a}.attention.head_count_kv", (uint)shape.KvHeads);
        metadata.Set($"{a}.attention.key_length", (uint)shape.HeadDim);
        metadata.Set($"{a}.attention.value_length", (uint)shape.HeadDim);
        metadata.Set($"{a}.attention.layer_norm_rms_epsilon", shape.RmsEpsilon);
        metadata.Set($"{a}.rope.dimension_count", (uint)shape.HeadDim);
        metadata.Set($"{a}.rope.freq_base", shape.RopeTheta);
        if (shape.Experts > 0)
        {
            metadata.Set($"{a}.expert_count", (uint)shape.Experts);
            metadata.Set($"{a}.expert_used_count", (uint)shape.ExpertsUsed);
            metadata.Set($"{a}.expert_feed_forward_length", (uint)shape.ExpertFeedForwardSize);
        }

        AddTokenizer(metadata, shape);
        return metadata;
    }

    private static void AddTokenizer(GgufMetadata metadata, SyntheticShape shape)
    {
        bool isLlama = shape.Architecture == "llama";
        string[] controls = isLlama ? LlamaControls : QwenControls;

        // The published vocabularies end with their control tokens: 256 of Llama 3's, 293 of Qwen's. Small ones keep 16.
        int controlCount = shape.VocabularySize < 100_000 ? 16 : isLlama ? 256 : 293;
        int firstControl = shape.VocabularySize - controlCount;
        string[] tokens = new string[shape.VocabularySize];
        int[] kinds = new int[shape.VocabularySize];
        Array.Fill(kinds, NormalToken, 0, firstControl);
        Array.Fill(kinds, ControlToken, firstControl, controlCount);
        AddBytes(tokens);
        string[] merges = AddWords(tokens, 256, firstControl);
        for (int i = 0; i < controlCount; i++)
        {
            tokens[firstControl + i] = i < controls.Length ? controls[i] : $"<|reserved_{i}|>";
        }

        metadata.Set("tokenizer.ggml.model", "gpt2");
        metadata.Set("tokenizer.ggml.pre", isLlama ? "llama-bpe" : "qwen2");
        metadata.Set("tokenizer.ggml.tokens", tokens);
        metadata.Set("tokenizer.ggml.token_type", kinds);
        metadata.Set("tokenizer.ggml.merges", merges);
        metadata.Set("tokenizer.ggml.bos_token_id", (uint)firstControl);
        metadata.Set("tokenizer.ggml.eos_token_id", (uint)(firstControl + (isLlama ? 9 : 2)));
        metadata.Set("tokenizer.ggml.padding_token_id", (uint)(firstControl + (isLlama ? 4 : 0)));
        metadata.Set("tokenizer.ggml.add_bos_token", isLlama);
    }

    /// <summary>
    /// The 256 bytes in the order and spelling of GPT-2's byte-level alphabet: printable characters stand for themselves, and the
    /// others for the characters from U+0100 on.
    /// </summary>
    private static void AddBytes(string[] tokens)
    {
        int id = 0;
        char next = '\u0100';
        for (int value = 0; value < 256; value++)
        {
            if (IsPrintable(value))
            {
                tokens[id++] = ((char)value).ToString();
            }
        }

        for (int value = 0; value < 256; value++)
        {
            if (!IsPrintable(value))
            {
                tokens[id++] = (next++).ToString();
            }
        }

        static bool IsPrintable(int value) => value is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF);
    }

    /// <summary>Fills the vocabulary with all letter pairs, then triples, then quadruples, each merged from two earlier tokens.</summary>
    /// <returns>The merges, best first: one a word.</returns>
    private static string[] AddWords(string[] tokens, int first, int end)
    {
        string[] merges = new string[end - first];
        string[] pairs = [.. Letters.SelectMany(_ => Letters, (a, b) => $"{a}{b}")];
        IEnumerable<(string Left, string Right)> words = Letters.SelectMany(_ => Letters, (a, b) => (a.ToString(), b.ToString()))
            .Concat(pairs.SelectMany(_ => Letters, (pair, c) => (pair, c.ToString())))
            .Concat(pairs.SelectMany(_ => pairs, (left, right) => (left, right)));
        int count = 0;
        foreach ((string left, string right) in words.Take(merges.Length))
        {
            tokens[first + count] = left + right;
            merges[count++] = $"{left} {right}";
        }

        return count == merges.Length
            ? merges
            : throw new ArgumentException($"a vocabulary of {tokens.Length} is larger than can be filled", nameof(tokens));
    }
}
