using System.Globalization;
using System.Text.Json;
using Winnow.Formats;
using Winnow.Tokenization;

namespace Winnow.Tests.Tokenization;

/// <summary>The vectors of llama.cpp's own test suite, and longer ones that were made with its tokenizer.</summary>
public class GgufVectorTests
{
    public static TheoryData<string> Vocabularies => [
        "bert-bge", "deepseek-coder", "falcon", "gpt-2", "llama-spm", "mpt", "phi-3",
    ];

    [Theory]
    [MemberData(nameof(Vocabularies))]
    public void Texts_become_the_ids_of_the_published_vectors(string name)
    {
        string path = SharedData.Path($"tokenizers/ggml-vocab-{name}.gguf");
        Tokenizer tokenizer = Open(path);
        string[] texts = File.ReadAllText(path + ".inp").Split("\n__ggml_vocab_test__\n");
        string[] lines = File.ReadAllText(path + ".out").Split('\n');
        Assert.True(texts.Length > 30);
        for (int i = 0; i < texts.Length; i++)
        {
            int[] expected = [.. lines[i].Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(id => int.Parse(id, CultureInfo.InvariantCulture))];
            AssertEncodes(tokenizer, texts[i], expected);
        }
    }

    [Theory]
    [MemberData(nameof(Vocabularies))]
    public void Long_texts_become_the_ids_of_the_published_vectors(string name)
    {
        string path = SharedData.Path($"tokenizers/ggml-vocab-{name}.gguf");
        Tokenizer tokenizer = Open(path);
        using JsonDocument vectors = JsonDocument.Parse(File.ReadAllBytes(path + ".texts.json"));
        foreach (JsonProperty vector in vectors.RootElement.EnumerateObject())
        {
            int[] expected = [.. vector.Value.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32())];
            AssertEncodes(tokenizer, AsRead(vector.Value.GetProperty("text").GetString()!), expected);
        }
    }

    /// <summary>
    /// The text that the ids belong to. The tool that made these vectors reads backslash escapes in its input unless
    /// told otherwise, and was not: what the file gives as backslash and n was one line feed to it.
    /// </summary>
    private static string AsRead(string text) => text.Replace("\\n", "\n", StringComparison.Ordinal);

    private static Tokenizer Open(string path)
    {
        using GgufFile file = GgufFile.Open(path);
        return TokenizerFactory.FromGguf(file.Metadata, path)!;
    }

    private static void AssertEncodes(Tokenizer tokenizer, string text, int[] expected)
    {
        int[] found = tokenizer.Encode(text);
        Assert.True(
            expected.AsSpan().SequenceEqual(found),
            $"'{text}'\nexpected {string.Join(' ', expected.Select(id => $"{id}:{tokenizer.TokenText(id)}"))}\nfound    {string.Join(' ', found.Select(id => $"{id}:{tokenizer.TokenText(id)}"))}");
    }
}
