using System.Text.Json.Nodes;
using Winnow.Generation;
using Winnow.Templates;

namespace Winnow.Conversations;

/// <summary>What a model writes around its thoughts.</summary>
/// <param name="Open">In front of them.</param>
/// <param name="Close">Behind them.</param>
public sealed record ReasoningTags(string Open, string Close)
{
    private static readonly ReasoningTags[] Known =
    [
        new("<think>", "</think>"),
        new("[THINK]", "[/THINK]"),
        new("<seed:think>", "</seed:think>"),
        new("<reasoning>", "</reasoning>"),
    ];

    /// <summary>The tags that a model's template knows; null for a model that does not think.</summary>
    public static ReasoningTags? Of(Engine engine)
    {
        ArgumentNullException.ThrowIfNull(engine);
        return Array.Find(Known, tags => engine.ChatTemplate?.Source.Contains(tags.Close, StringComparison.Ordinal) == true);
    }

    /// <summary>Whether the template opens the thoughts itself, so that the model begins within them.</summary>
    /// <param name="engine">The model.</param>
    /// <param name="variables">What the template is rendered with; null for nothing but the conversation.</param>
    public bool StartsInside(Engine engine, IReadOnlyDictionary<string, JsonNode?>? variables = null)
    {
        ArgumentNullException.ThrowIfNull(engine);
        return StartsInside(engine, engine.EncodeChat([new ChatMessage("user", "a")], null, variables));
    }

    /// <summary>Whether a prompt opens the thoughts, so that the model begins within them.</summary>
    internal bool StartsInside(Engine engine, IReadOnlyList<int> prompt) =>
        engine.Tokenizer.Decode(prompt.Skip(Math.Max(0, prompt.Count - 16)), skipSpecial: false).TrimEnd().EndsWith(Open, StringComparison.Ordinal);
}
