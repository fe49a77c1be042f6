using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using TemplateMessage = Winnow.Templates.ChatMessage;

namespace Winnow.Extensions.AI;

/// <summary>From the messages of Microsoft.Extensions.AI to those that chat templates read.</summary>
internal static class MessageReader
{
    /// <summary>Reads a conversation.</summary>
    /// <param name="messages">The messages, the oldest first.</param>
    /// <exception cref="UnsupportedContentException">A message holds an image, a sound, or what else is no text.</exception>
    public static List<TemplateMessage> Read(IEnumerable<ChatMessage> messages)
    {
        List<TemplateMessage> result = [];
        int index = 0;
        foreach (ChatMessage message in messages)
        {
            ArgumentNullException.ThrowIfNull(message, nameof(messages));
            Read(message, index++, result);
        }

        return result;
    }

    /// <summary>Puts instructions first. System messages at the start become one with them: templates know one only.</summary>
    public static List<TemplateMessage> WithInstructions(IReadOnlyList<TemplateMessage> messages, string? instructions)
    {
        TemplateMessage[] system = [.. messages.TakeWhile(message => message.Role == "system")];
        string[] texts = [.. new[] { instructions }.OfType<string>().Concat(system.Select(message => message.Content)).Where(text => text.Length > 0)];
        IEnumerable<TemplateMessage> rest = messages.Skip(system.Length);
        return texts.Length == 0 ? [.. rest] : [new TemplateMessage("system", string.Join("\n\n", texts)), .. rest];
    }

    private static void Read(ChatMessage message, int index, List<TemplateMessage> result)
    {
        StringBuilder text = new();
        StringBuilder reasoning = new();
        JsonArray calls = [];
        bool isResult = false;
        foreach (AIContent content in message.Contents)
        {
            switch (content)
            {
                case TextReasoningContent thought:
                    reasoning.Append(thought.Text);
                    break;
                case TextContent part:
                    text.Append(part.Text);
                    break;
                case FunctionCallContent call:
                    calls.Add((JsonNode)ToolCall(call));
                    break;
                case FunctionResultContent answer:
                    isResult = true;
                    result.Add(new TemplateMessage("tool", ResultText(answer)) { ToolCallId = answer.CallId, Name = message.AuthorName });
                    break;
                case UsageContent:
                    break;
                case DataContent data:
                    throw new UnsupportedContentException(index, data.MediaType);
                case UriContent uri:
                    throw new UnsupportedContentException(index, uri.MediaType);
                default:
                    throw new UnsupportedContentException(index, content.GetType().Name);
            }
        }

        // A message of nothing but results has become a message for each of them.
        if (!isResult || text.Length > 0 || calls.Count > 0)
        {
            result.Add(new TemplateMessage(message.Role.Value, text.ToString())
            {
                Name = message.AuthorName,
                ReasoningContent = reasoning.Length == 0 ? null : reasoning.ToString(),
                ToolCalls = calls.Count == 0 ? null : calls,
            });
        }
    }

    private static JsonObject ToolCall(FunctionCallContent call)
    {
        JsonObject arguments = [];
        foreach ((string name, object? value) in call.Arguments ?? new Dictionary<string, object?>())
        {
            arguments[name] = ToNode(value);
        }

        return new JsonObject
        {
            ["id"] = call.CallId,
            ["type"] = "function",
            ["function"] = new JsonObject { ["name"] = call.Name, ["arguments"] = arguments },
        };
    }

    private static string ResultText(FunctionResultContent answer) => answer.Result switch
    {
        null => answer.Exception?.Message ?? "",
        string text => text,
        JsonElement { ValueKind: JsonValueKind.String } text => text.GetString()!,
        TextContent content => content.Text,
        object value => ToNode(value)?.ToJsonString() ?? "null",
    };

    private static JsonNode? ToNode(object? value) => value switch
    {
        null => null,
        JsonNode node => node.DeepClone(),
        JsonElement element => JsonNode.Parse(element.GetRawText()),
        _ => JsonNode.Parse(JsonSerializer.Serialize(value, AIJsonUtilities.DefaultOptions.GetTypeInfo(value.GetType()))),
    };
}
