using System.Text.Json.Nodes;
using static Winnow.Limits;

namespace Winnow.Templates;

/// <summary>One message of a conversation.</summary>
/// <param name="Role">Who speaks: <c>system</c>, <c>user</c>, <c>assistant</c>, <c>tool</c>, in any case, or what else the model's template knows.</param>
/// <param name="Content">The text.</param>
public sealed record ChatMessage(string Role, string Content)
{
    private static readonly string[] UsualRoles = ["system", "user", "assistant", "tool"];

    /// <summary>Who speaks.</summary>
    public string Role { get; init => field = RoleOf(NotNull(value)); } = RoleOf(NotNull(Role, nameof(Role)));

    /// <summary>The text.</summary>
    public string Content { get; init => field = NotNull(value); } = NotNull(Content, nameof(Content));

    /// <summary>The calls that an assistant makes, as in the chat-completions format; null for none.</summary>
    public JsonArray? ToolCalls { get; init; }

    /// <summary>The speaker's name, or the tool's in its answer; null for none.</summary>
    public string? Name { get; init; }

    /// <summary>Which call a tool's answer belongs to; null for none.</summary>
    public string? ToolCallId { get; init; }

    /// <summary>What the assistant thought before it answered; null for none.</summary>
    public string? ReasoningContent { get; init; }

    /// <summary>The message as a template sees it; members that are null are absent.</summary>
    public JsonObject ToJson()
    {
        JsonObject message = new() { ["role"] = Role, ["content"] = Content };
        if (ReasoningContent is not null)
        {
            message["reasoning_content"] = ReasoningContent;
        }

        if (ToolCalls is not null)
        {
            message["tool_calls"] = ToolCalls.DeepClone();
        }

        if (ToolCallId is not null)
        {
            message["tool_call_id"] = ToolCallId;
        }

        if (Name is not null)
        {
            message["name"] = Name;
        }

        return message;
    }

    /// <summary>A conversation as a template sees it.</summary>
    public static JsonArray ToJson(IEnumerable<ChatMessage> messages)
    {
        ArgumentNullException.ThrowIfNull(messages);
        JsonArray conversation = [];
        foreach (ChatMessage message in messages)
        {
            conversation.Add((JsonNode)message.ToJson());
        }

        return conversation;
    }

    /// <summary>Templates compare names of roles as they are, and pass over those that they do not know.</summary>
    private static string RoleOf(string role) => Array.Find(UsualRoles, usual => usual.Equals(role, StringComparison.OrdinalIgnoreCase)) ?? role;
}
