using System.Runtime.InteropServices;
using Winnow.Formats;
using Winnow.Fuzz.Running;
using Winnow.Tensors;

namespace Winnow.Fuzz.Models;

/// <summary>Files of models with a handful of tokens, made by code: small enough to be written thousands of times a second.</summary>
internal static class TinyFiles
{
    private const int Hidden = 16;
    private const int Heads = 2;
    private const int HeadDim = 8;
    private const int Inner = 24;

    /// <summary>Elements of the longest block of a quantization type.</summary>
    private const int Block = 256;
    private const string Template = "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}{% if add_generation_prompt %}<a>{% endif %}";

    private static readonly TensorType[] QuantizedTypes = [.. Enum.GetValues<TensorType>().Where(type => type.IsSupported() && type.BlockLength() > 1)];

    /// <summary>The tokens of the SentencePiece vocabulary.</summary>
    public static IReadOnlyList<string> Pieces { get; } =
        ["<unk>", "<s>", "</s>", "▁", "a", "b", "e", "h", "l", "o", "▁a", "he", "ll", "▁he", "ello", "▁hello", "<0x0A>", "<0x20>", "é", "🙂"];

    /// <summary>Files as models are published: SentencePiece, byte-level BPE, one with every kind of value.</summary>
    /// <param name="folder">Where they are made.</param>
    public static byte[][] Gguf(string folder) =>
    [
        Write(folder, WithSentencePieces(), Tensors("llama", Pieces.Count, isGguf: true)),
        Write(folder, WithBytes(), Tensors("qwen3", 32, isGguf: true)),
        Write(folder, WithWords(), []),
        .. QuantizedTypes.Chunk(9).Select(types => Write(folder, WithSentencePieces(Block), Quantized(types))),
        Write(folder, WithEverything(), [("matrix", TensorType.F32, [4, 2]), ("quants", TensorType.Q8_0, [2, 2, 32]), ("half", TensorType.F16, [16])]),
    ];

    /// <summary>The two parts of a split model, by file name.</summary>
    /// <param name="folder">Where they are made.</param>
    /// <param name="count">How many parts.</param>
    public static (string Name, byte[] Bytes)[] Split(string folder, int count)
    {
        (string Name, TensorType Type, long[] Shape)[] tensors = Tensors("llama", Pieces.Count, isGguf: true);
        return [.. Enumerable.Range(0, count).Select(part =>
        {
            GgufMetadata metadata = part == 0 ? WithSentencePieces() : new GgufMetadata("part");
            metadata.Set("split.no", (ushort)part);
            metadata.Set("split.count", (ushort)count);
            metadata.Set("split.tensors.count", tensors.Length);
            return ($"model-{part + 1:D5}-of-{count:D5}.gguf", Write(folder, metadata, [.. tensors.Where((_, i) => i % count == part)]));
        })];
    }

    /// <summary>The weights of a Hugging Face directory.</summary>
    /// <param name="folder">Where it is made.</param>
    /// <param name="architecture"><c>llama</c> or <c>qwen3</c>.</param>
    /// <param name="part">Which of the parts.</param>
    /// <param name="parts">How many there are.</param>
    public static byte[] Safetensors(string folder, string architecture, int part = 0, int parts = 1)
    {
        string path = Path.Combine(folder, "made.safetensors");
        (string Name, TensorType Type, long[] Shape)[] tensors = [.. Tensors(architecture, Pieces.Count, isGguf: false).Where((_, i) => i % parts == part)];
        using (SafetensorsWriter writer = new(path, new Dictionary<string, string> { ["format"] = "pt" }))
        {
            Array.ForEach(tensors, tensor => writer.Declare(tensor.Name, tensor.Type, tensor.Shape));
            Array.ForEach(tensors, tensor => writer.Write(tensor.Name, Values(tensor.Type, tensor.Shape)));
            writer.Complete();
        }

        return Take(path);
    }

    /// <summary>The names of the tensors of a model.</summary>
    public static IEnumerable<string> TensorNames(bool isGguf) => Tensors("qwen3", Pieces.Count, isGguf).Select(tensor => tensor.Name);

    /// <summary>The values of a tensor: small, of both signs.</summary>
    public static byte[] Values(TensorType type, params ReadOnlySpan<long> shape)
    {
        long count = 1;
        foreach (long extent in shape)
        {
            count *= extent;
        }

        InputRandom random = new(1, count);
        if (type != TensorType.F32)
        {
            byte[] blocks = new byte[type.SizeBytes(count)];
            foreach (ref byte part in blocks.AsSpan())
            {
                part = (byte)random.Next(256);
            }

            return blocks;
        }

        float[] values = [.. Enumerable.Range(0, (int)count).Select(_ => (random.Next(2001) - 1000) / 2000f)];
        return MemoryMarshal.AsBytes(values.AsSpan()).ToArray();
    }

    private static byte[] Write(string folder, GgufMetadata metadata, (string Name, TensorType Type, long[] Shape)[] tensors)
    {
        string path = Path.Combine(folder, "made.gguf");
        using (GgufWriter writer = new(path, metadata))
        {
            Array.ForEach(tensors, tensor => writer.Declare(tensor.Name, tensor.Type, tensor.Shape));
            Array.ForEach(tensors, tensor => writer.Write(tensor.Name, Values(tensor.Type, tensor.Shape)));
            writer.Complete();
        }

        return Take(path);
    }

    private static byte[] Take(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        File.Delete(path);
        return bytes;
    }

    private static (string Name, TensorType Type, long[] Shape)[] Tensors(string architecture, int tokens, bool isGguf)
    {
        string layer = isGguf ? "blk.0." : "model.layers.0.";
        (string Ours, string Theirs, long[] Shape)[] tensors =
        [
            ("token_embd", "model.embed_tokens", [tokens, Hidden]),
            ("output_norm", "model.norm", [Hidden]),
            ("output", "lm_head", [tokens, Hidden]),
            ("attn_norm", "input_layernorm", [Hidden]),
            ("attn_q", "self_attn.q_proj", [Heads * HeadDim, Hidden]),
            ("attn_k", "self_attn.k_proj", [HeadDim, Hidden]),
            ("attn_v", "self_attn.v_proj", [HeadDim, Hidden]),
            ("attn_output", "self_attn.o_proj", [Hidden, Heads * HeadDim]),
            ("ffn_norm", "post_attention_layernorm", [Hidden]),
            ("ffn_gate", "mlp.gate_proj", [Inner, Hidden]),
            ("ffn_up", "mlp.up_proj", [Inner, Hidden]),
            ("ffn_down", "mlp.down_proj", [Hidden, Inner]),
            .. architecture == "qwen3"
                ? new (string, string, long[])[] { ("attn_q_norm", "self_attn.q_norm", [HeadDim]), ("attn_k_norm", "self_attn.k_norm", [HeadDim]) }
                : [],
        ];
        return [.. tensors.Select((tensor, i) => ((i < 3 ? "" : layer) + (isGguf ? tensor.Ours : tensor.Theirs) + ".weight", TensorType.F32, tensor.Shape))];
    }

    /// <summary>A model whose matrices are of one type after the other, with blocks of any bits: bits that no encoder writes too.</summary>
    private static (string Name, TensorType Type, long[] Shape)[] Quantized(TensorType[] types)
    {
        int next = 0;
        return [.. Tensors("llama", Pieces.Count, isGguf: true).Select(tensor => tensor.Shape is [long rows, _]
            ? (tensor.Name, types[next++ % types.Length], [rows switch { HeadDim => Block / Heads, Hidden or Inner => Block, _ => rows }, Block])
            : tensor with { Shape = [Block] })];
    }

    private static GgufMetadata Shaped(string architecture, int tokens, int hidden = Hidden)
    {
        GgufMetadata metadata = new("made.gguf");
        metadata.Set("general.architecture", architecture);
        metadata.Set("general.name", "tiny");
        metadata.Set($"{architecture}.vocab_size", (uint)tokens);
        metadata.Set($"{architecture}.context_length", 64u);
        metadata.Set($"{architecture}.embedding_length", (uint)hidden);
        metadata.Set($"{architecture}.block_count", 1u);
        metadata.Set($"{architecture}.feed_forward_length", (uint)(hidden == Hidden ? Inner : hidden));
        metadata.Set($"{architecture}.attention.head_count", (uint)Heads);
        metadata.Set($"{architecture}.attention.head_count_kv", 1u);
        metadata.Set($"{architecture}.attention.key_length", (uint)(hidden / Heads));
        metadata.Set($"{architecture}.attention.value_length", (uint)(hidden / Heads));
        metadata.Set($"{architecture}.attention.layer_norm_rms_epsilon", 1e-5f);
        metadata.Set($"{architecture}.rope.freq_base", 10_000f);
        metadata.Set($"{architecture}.rope.dimension_count", (uint)(hidden / Heads));
        return metadata;
    }

    private static GgufMetadata WithSentencePieces(int hidden = Hidden)
    {
        GgufMetadata metadata = Shaped("llama", Pieces.Count, hidden);
        metadata.Set("llama.rope.scaling.type", "yarn");
        metadata.Set("llama.rope.scaling.factor", 4f);
        metadata.Set("llama.rope.scaling.original_context_length", 16u);
        metadata.Set("tokenizer.ggml.model", "llama");
        metadata.Set("tokenizer.ggml.tokens", Pieces.ToArray());
        metadata.Set("tokenizer.ggml.scores", Enumerable.Range(0, Pieces.Count).Select(i => -(float)i).ToArray());
        metadata.Set("tokenizer.ggml.token_type", Pieces.Select((piece, i) => i == 0 ? 2 : i < 3 ? 3 : piece.StartsWith("<0x", StringComparison.Ordinal) ? 6 : 1).ToArray());
        metadata.Set("tokenizer.ggml.bos_token_id", 1u);
        metadata.Set("tokenizer.ggml.eos_token_id", 2u);
        metadata.Set("tokenizer.ggml.add_bos_token", true);
        metadata.Set("tokenizer.chat_template", Template);
        return metadata;
    }

    private static GgufMetadata WithBytes()
    {
        GgufMetadata metadata = Shaped("qwen3", 32);
        string[] tokens = [.. "abcdehlo!.,0123456789ĠĊÃ©".Select(letter => letter.ToString()), "he", "ll", "hell", "hello", "Ġh", "<|end|>"];
        metadata.Set("tokenizer.ggml.model", "gpt2");
        metadata.Set("tokenizer.ggml.pre", "qwen2");
        metadata.Set("tokenizer.ggml.tokens", tokens);
        metadata.Set("tokenizer.ggml.token_type", tokens.Select(token => token == "<|end|>" ? 3 : 1).ToArray());
        metadata.Set("tokenizer.ggml.merges", new[] { "h e", "l l", "he ll", "Ġ h", "hell o" });
        metadata.Set("tokenizer.ggml.eos_token_id", (uint)(tokens.Length - 1));
        metadata.Set("tokenizer.chat_template", Template);
        return metadata;
    }

    /// <summary>A WordPiece and Unigram vocabulary without a model.</summary>
    private static GgufMetadata WithWords()
    {
        GgufMetadata metadata = new("made.gguf");
        string[] tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "▁he", "llo", "▁a", "b", "▁.", "!"];
        metadata.Set("general.architecture", "bert");
        metadata.Set("tokenizer.ggml.model", "bert");
        metadata.Set("tokenizer.ggml.tokens", tokens);
        metadata.Set("tokenizer.ggml.scores", tokens.Select((_, i) => -0.5f * i).ToArray());
        metadata.Set("tokenizer.ggml.token_type", tokens.Select((_, i) => i < 5 ? 3 : 1).ToArray());
        metadata.Set("tokenizer.ggml.unknown_token_id", 1u);
        metadata.Set("tokenizer.ggml.cls_token_id", 2u);
        metadata.Set("tokenizer.ggml.seperator_token_id", 3u);
        metadata.Set("tokenizer.ggml.precompiled_charsmap", new byte[] { 4, 0, 0, 0, 0, 0, 0, 0, 97, 0 });
        return metadata;
    }

    private static GgufMetadata WithEverything()
    {
        GgufMetadata metadata = new("made.gguf");
        metadata.Set("general.architecture", "llama");
        object[] values =
        [
            (byte)200, (sbyte)-100, (ushort)60_000, (short)-30_000, 4_000_000_000u, -2_000_000_000, 1.5f, true, ulong.MaxValue, long.MinValue, -0.1,
            new[] { "a", "", "schön 🙂" }, new[] { 0.25f, float.NegativeInfinity }, new[] { true, false }, Array.Empty<uint>(),
        ];
        for (int i = 0; i < values.Length; i++)
        {
            metadata.Set($"value.{i}", values[i]);
        }

        return metadata;
    }
}
