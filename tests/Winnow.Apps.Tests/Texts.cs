using Winnow.Templates;

namespace Winnow.Apps.Tests;

/// <summary>Texts that are made, not stored.</summary>
internal static class Texts
{
    private static readonly string[] People = ["The captain", "My aunt", "The gardener", "A traveller", "The doctor", "Her brother", "The innkeeper", "A widow"];
    private static readonly string[] Actions = ["walked along the river", "wrote a short letter", "closed the heavy door", "counted the ships", "mended the fence", "read from an old book"];
    private static readonly string[] Places = ["in the rain", "near the mill", "before noon", "with a lantern", "by the harbour", "for the third time"];

    /// <summary>Plain sentences; the same seed makes the same ones.</summary>
    public static string Sentences(int seed, int count)
    {
        Random random = new(seed);
        return string.Join(' ', Enumerable.Range(0, count).Select(_ => $"{Of(People)} {Of(Actions)} {Of(Places)}."));

        string Of(string[] words) => words[random.Next(words.Length)];
    }

    public static ChatMessage[] Chat(params string[] texts) =>
        [.. texts.Select((text, i) => new ChatMessage(i == 0 ? "system" : i % 2 == 1 ? "user" : "assistant", text))];
}
