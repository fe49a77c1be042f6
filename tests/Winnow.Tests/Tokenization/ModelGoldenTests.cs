using System.Text.Json;
using Winnow.Formats;
using Winnow.Tokenization;

namespace Winnow.Tests.Tokenization;

/// <summary>The two trained reference models: one vocabulary as GGUF and as a Hugging Face directory.</summary>
public class ModelGoldenTests
{
    public static TheoryData<string, string> Models => new()
    {
        { "models/lab", "models/lab-q4_k_m.gguf" },
        { "models/stories260k", "models/stories260k/stories260k-f32.gguf" },
    };

    [Theory]
    [MemberData(nameof(Models))]
    public void Prompts_become_the_golden_ids_from_both_formats(string directory, string gguf)
    {
        using JsonDocument golden = JsonDocument.Parse(File.ReadAllBytes(SharedData.Path(directory + "/golden.json")));
        Tokenizer[] tokenizers = [FromDirectory(directory), FromGguf(gguf)];
        foreach (JsonElement prompt in golden.RootElement.GetProperty("prompts").EnumerateArray())
        {
            int[] expected = [.. prompt.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32())];
            foreach (Tokenizer tokenizer in tokenizers)
            {
                Assert.Equal(expected, tokenizer.Encode(prompt.GetProperty("text").GetString()!, addSpecial: true, parseSpecial: true));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Greedy_ids_become_the_golden_text(string directory, string gguf)
    {
        using JsonDocument golden = JsonDocument.Parse(File.ReadAllBytes(SharedData.Path(directory + "/golden.json")));
        Tokenizer[] tokenizers = [FromDirectory(directory), FromGguf(gguf)];
        foreach (JsonElement prompt in golden.RootElement.GetProperty("prompts").EnumerateArray())
        {
            int[] ids = [.. prompt.GetProperty("greedy_ids").EnumerateArray().Select(id => id.GetInt32())];
            foreach (Tokenizer tokenizer in tokenizers)
            {
                Assert.Equal(prompt.GetProperty("greedy_text").GetString(), tokenizer.Decode(ids, skipSpecial: false));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Random_texts_become_the_same_ids_from_both_formats(string directory, string gguf)
    {
        Tokenizer first = FromDirectory(directory);
        Tokenizer second = FromGguf(gguf);
        for (int seed = 0; seed < 200; seed++)
        {
            string text = RandomText.Create(seed);
            Assert.True(first.Encode(text).AsSpan().SequenceEqual(second.Encode(text)), $"seed {seed}");
        }
    }

    [Fact]
    public void The_lab_model_ends_turns_and_texts()
    {
        foreach (Tokenizer tokenizer in (Tokenizer[])[FromDirectory("models/lab"), FromGguf("models/lab-q4_k_m.gguf")])
        {
            Assert.Equal(0, tokenizer.BosId);
            Assert.Equal(3, tokenizer.EosId);
            Assert.True(tokenizer.AddBos);
            Assert.False(tokenizer.AddEos);
            Assert.Equal([1, 3], Enumerable.Range(0, tokenizer.VocabularySize).Where(tokenizer.IsEndOfGeneration));
            Assert.Equal([0, 1, 2, 3], Enumerable.Range(0, tokenizer.VocabularySize).Where(tokenizer.IsControl));
        }
    }

    private static Tokenizer FromDirectory(string directory) => TokenizerFactory.FromHuggingFace(SharedData.Path(directory))!;

    private static Tokenizer FromGguf(string relative)
    {
        string path = SharedData.Path(relative);
        using GgufFile file = GgufFile.Open(path);
        return TokenizerFactory.FromGguf(file.Metadata, path)!;
    }
}
