using System.Text;
using System.Text.Json;
using Winnow.Formats;
using Winnow.Lab.Conversion;
using Winnow.Models.Config;
using Winnow.Tests.Formats;
using Winnow.Tests.Models;
using Winnow.Tokenization;

namespace Winnow.Tests.Tokenization;

/// <summary>Small vocabularies of each kind give the ids and texts that Hugging Face's tokenizers give: <c>tests/References/vocabularies.py</c>.</summary>
public sealed class VocabularyReferenceTests
{
    [Theory]
    [InlineData("byte-level")]
    [InlineData("byte-level-llama3")]
    [InlineData("byte-level-qwen2")]
    [InlineData("byte-level-digits")]
    [InlineData("pieces")]
    [InlineData("pieces-without-prefix")]
    [InlineData("unigram")]
    [InlineData("word-piece")]
    public void Texts_become_ids_and_ids_texts(string name)
    {
        using JsonDocument reference = Read(name);
        using TemporaryFolder folder = Write(reference);
        // Models with word pieces read and never write: what they would write is left as it is, without the clean-up of spaces.
        Check(reference, TokenizerFactory.FromHuggingFace(folder.Root)!, decodes: name != "word-piece");
    }

    [Theory]
    [InlineData("byte-level", "gpt2")]
    [InlineData("byte-level-llama3", "gpt2")]
    [InlineData("byte-level-digits", "gpt2")]
    [InlineData("pieces", "llama")]
    [InlineData("pieces-without-prefix", "llama")]
    public void Converted_vocabularies_give_the_same_ids(string name, string kind)
    {
        using JsonDocument reference = Read(name);
        using TemporaryFolder folder = Write(reference);
        GgufMetadata metadata = new("converted.gguf");
        ModelConfig config = HuggingFaceConfigReader.Read(Path.Combine(TinyModels.Path("llama"), "config.json")) with { VocabularySize = 600 };
        TokenizerConversion.Write(folder.Root, config, metadata);
        Assert.Equal(kind, metadata.GetString("tokenizer.ggml.model"));
        Check(reference, TokenizerFactory.FromGguf(metadata, "converted.gguf")!, decodes: false);
    }

    private static void Check(JsonDocument reference, Tokenizer tokenizer, bool decodes)
    {
        List<string> failures = [];
        foreach (JsonElement entry in reference.RootElement.GetProperty("cases").EnumerateArray())
        {
            string text = entry[0].GetString()!;
            int[] expected = [.. entry[1].EnumerateArray().Select(id => id.GetInt32())];
            int[] found = tokenizer.Encode(text, parseSpecial: true);
            if (!expected.AsSpan().SequenceEqual(found))
            {
                failures.Add($"'{text}': {string.Join(' ', found.Select(tokenizer.TokenText))} instead of {string.Join(' ', expected.Select(tokenizer.TokenText))}");
            }

            string back = tokenizer.Decode(expected, skipSpecial: false);
            if (decodes && back != entry[2].GetString())
            {
                failures.Add($"'{text}': '{back}' instead of '{entry[2].GetString()}'");
            }
        }

        Assert.True(failures.Count == 0, string.Join('\n', failures));
    }

    private static JsonDocument Read(string name) =>
        JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "References", "vocabularies", $"{name}.json")));

    private static TemporaryFolder Write(JsonDocument reference)
    {
        TemporaryFolder folder = new();
        folder.Write("tokenizer.json", Encoding.UTF8.GetBytes(reference.RootElement.GetProperty("tokenizer").GetRawText()));
        folder.Write("tokenizer_config.json", "{}"u8);
        return folder;
    }
}
