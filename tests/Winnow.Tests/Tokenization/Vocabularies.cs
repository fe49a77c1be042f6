using System.Text;
using Winnow.Formats;
using Winnow.Tokenization;

namespace Winnow.Tests.Tokenization;

/// <summary>Small vocabularies that tests make by code.</summary>
internal static class Vocabularies
{
    public const int Normal = 1;
    public const int Unknown = 2;
    public const int Control = 3;
    public const int UserDefined = 4;
    public const int Byte = 6;

    /// <summary>256 bytes (0 to 255), then "he" 256, "ll" 257, "hell" 258, "hello" 259, " h" 260, then control tokens.</summary>
    public static GgufMetadata ByteLevel(string pre = "gpt-2", params (string Text, int Type)[] added)
    {
        GgufMetadata metadata = new("made.gguf");
        List<string> tokens = [.. Enumerable.Range(0, 256).Select(b => Letter((byte)b)), "he", "ll", "hell", "hello", "Ġh"];
        List<int> types = [.. tokens.Select(_ => Normal)];
        foreach ((string text, int type) in added)
        {
            tokens.Add(text);
            types.Add(type);
        }

        metadata.Set("tokenizer.ggml.model", "gpt2");
        metadata.Set("tokenizer.ggml.pre", pre);
        metadata.Set("tokenizer.ggml.tokens", tokens.ToArray());
        metadata.Set("tokenizer.ggml.token_type", types.ToArray());
        metadata.Set("tokenizer.ggml.merges", new[] { "h e", "l l", "he ll", "Ġ h", "hell o" });
        return metadata;
    }

    /// <summary>Unknown 0, BOS 1, EOS 2, 256 bytes from 3, then pieces with scores.</summary>
    public static GgufMetadata SentencePiece(params (string Text, float Score)[] pieces)
    {
        GgufMetadata metadata = new("made.gguf");
        List<string> tokens = ["<unk>", "<s>", "</s>", .. Enumerable.Range(0, 256).Select(b => $"<0x{b:X2}>")];
        List<int> types = [Unknown, Control, Control, .. Enumerable.Repeat(Byte, 256)];
        List<float> scores = [.. new float[259]];
        foreach ((string text, float score) in pieces)
        {
            tokens.Add(text);
            types.Add(Normal);
            scores.Add(score);
        }

        metadata.Set("tokenizer.ggml.model", "llama");
        metadata.Set("tokenizer.ggml.tokens", tokens.ToArray());
        metadata.Set("tokenizer.ggml.token_type", types.ToArray());
        metadata.Set("tokenizer.ggml.scores", scores.ToArray());
        return metadata;
    }

    public static Tokenizer Open(GgufMetadata metadata) => TokenizerFactory.FromGguf(metadata, "made.gguf")!;

    /// <summary>A byte in GPT-2's alphabet, by the rule as its authors state it.</summary>
    public static string Letter(byte value)
    {
        StringBuilder others = new();
        for (int b = 0; b < 256; b++)
        {
            bool printable = b is (>= '!' and <= '~') or (>= '¡' and <= '¬') or (>= '®' and <= 'ÿ');
            if (b == value)
            {
                return printable ? ((char)b).ToString() : ((char)(256 + others.Length)).ToString();
            }

            others.Append(printable ? "" : "x");
        }

        return "";
    }
}
