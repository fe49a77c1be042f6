using System.Text.Json.Nodes;
using Winnow.Generation;
using TemplateMessage = Winnow.Templates.ChatMessage;

namespace Winnow.Extensions.AI;

/// <summary>What a model writes around its thoughts.</summary>
/// <param name="Open">In front of them.</param>
/// <param name="Close">Behind them.</param>
internal sealed record ReasoningTags(string Open, string Close)
{
    private static readonly ReasoningTags[] Known =
    [
        new("<think>", "</think>"),
        new("[THINK]", "[/THINK]"),
        new("<seed:think>", "</seed:think>"),
        new("<reasoning>", "</reasoning>"),
    ];

    /// <summary>The tags that a model's template knows; null for a model that does not think.</summary>
    public static ReasoningTags? Of(Engine engine) =>
        Array.Find(Known, tags => engine.ChatTemplate?.Source.Contains(tags.Close, StringComparison.Ordinal) == true);

    /// <summary>Whether the template opens the thoughts itself, so that the model begins within them.</summary>
    /// <param name="engine">The model.</param>
    /// <param name="variables">What the template is rendered with.</param>
    public bool StartsInside(Engine engine, IReadOnlyDictionary<string, JsonNode?> variables)
    {
        IReadOnlyList<int> prompt = engine.EncodeChat([new TemplateMessage("user", "a")], null, variables);
        return engine.Tokenizer.Decode(prompt.Skip(Math.Max(0, prompt.Count - 16)), skipSpecial: false).TrimEnd().EndsWith(Open, StringComparison.Ordinal);
    }
}
