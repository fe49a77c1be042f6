using System.Text.Json;
using Winnow.Generation;
using Winnow.Sampling;
using Winnow.Tensors;

namespace Winnow.Tests.Generation;

/// <summary>The stories260K model tells the stories that the reference tells.</summary>
public sealed class StoriesTests
{
    private static readonly GenerationOptions Options = new() { Sampling = SamplingOptions.Greedy, MaxTokens = 48, IgnoreEndOfGeneration = true };

    [Theory]
    [InlineData("")]
    [InlineData("stories260k-f32.gguf")]
    public void Its_stories_are_golden(string file)
    {
        string folder = SharedData.Path("models/stories260k");
        using Engine engine = Engine.Load(Path.Combine(folder, file));
        using JsonDocument golden = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "golden.json")));
        foreach (JsonElement entry in golden.RootElement.GetProperty("prompts").EnumerateArray())
        {
            int[] ids = engine.Tokenizer.Encode(entry.GetProperty("text").GetString()!, addSpecial: true);
            Assert.Equal(Integers(entry.GetProperty("ids")), ids);
            using Session session = engine.CreateSession(new SessionOptions { KvType = TensorType.F32 });
            GeneratedToken[] story = [.. session.Generate(ids, Options)];
            Assert.Equal(Integers(entry.GetProperty("greedy_ids")), story.Select(token => token.Id));

            // The reference decodes the answer as a text of its own, without the space that joins it to the prompt.
            string text = string.Concat(story.Select(token => token.Text));
            string expected = entry.GetProperty("greedy_text").GetString()!;
            bool beginsWord = engine.Tokenizer.TokenText(story[0].Id).StartsWith('▁');
            Assert.Equal(ids.Length > 1 && beginsWord ? " " + expected : expected, text);
        }
    }

    private static int[] Integers(JsonElement list) => [.. list.EnumerateArray().Select(value => value.GetInt32())];
}
