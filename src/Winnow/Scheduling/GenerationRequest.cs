using System.Text.Json.Nodes;
using Winnow.Generation;
using Winnow.Templates;
using static Winnow.Limits;

namespace Winnow.Scheduling;

/// <summary>What a scheduler is asked to generate: a conversation, or tokens.</summary>
public sealed record GenerationRequest
{
    /// <summary>The conversation whose last message is answered, through the model's chat template; null for <see cref="Prompt"/>.</summary>
    public IReadOnlyList<ChatMessage>? Messages { get; init; }

    /// <summary>The tokens that are continued; null for <see cref="Messages"/>.</summary>
    public IReadOnlyList<int>? Prompt { get; init; }

    /// <summary>What the model may call, for the chat template; null for nothing.</summary>
    public JsonArray? Tools { get; init; }

    /// <summary>Further variables of the chat template, such as <c>enable_thinking</c>; null for none.</summary>
    public IReadOnlyDictionary<string, JsonNode?>? TemplateVariables { get; init; }

    /// <summary>How to generate, and what to do in a full context.</summary>
    public GenerationOptions Options { get; init => field = NotNull(value); } = new();

    /// <summary>How to attend; null for the way of the scheduler's sessions.</summary>
    public AttentionOptions? Attention { get; init; }

    /// <summary>Whose request it is: of those that wait, each conversation has its turn. Null: one of its own.</summary>
    public string? Conversation { get; init; }

    /// <summary>Requests of a higher priority go first, whatever else waits. Default 0.</summary>
    public int Priority { get; init; }
}
