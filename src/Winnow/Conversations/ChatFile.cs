using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Winnow.Formats;
using Winnow.Generation;
using Winnow.Templates;

namespace Winnow.Conversations;

/// <summary>A saved conversation: messages in the chat-completions format, and the session's state in a file beside them.</summary>
internal static class ChatFile
{
    private static readonly JsonWriterOptions Indented = new() { Indented = true };

    /// <summary>Writes both; older files are replaced only on success.</summary>
    public static void Save(string path, IReadOnlyList<ChatMessage> messages, Session session)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using MemoryStream json = new();
        using (Utf8JsonWriter writer = new(json, Indented))
        {
            ChatMessage.ToJson(messages).WriteTo(writer);
        }

        using ReplacingFile file = new(path, json.Length);
        file.Write(0, json.GetBuffer().AsSpan(0, (int)json.Length));
        session.Save(StatePath(path));
        file.Commit();
    }

    /// <summary>Reads the messages.</summary>
    /// <exception cref="WinnowException">The file cannot be read, or holds no messages.</exception>
    public static List<ChatMessage> Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        try
        {
            JsonArray array = JsonNode.Parse(File.ReadAllText(path, Encoding.UTF8)) as JsonArray ?? throw new WinnowException($"{path}: must hold a JSON array of messages");
            return [.. array.Select(node => Read(path, node))];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new WinnowException($"{path}: no saved conversation: {e.Message}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new WinnowException($"{path}: cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Gives the session what was computed.</summary>
    /// <returns>Why that is not possible, or null.</returns>
    public static string? LoadState(string path, Session session)
    {
        if (!File.Exists(StatePath(path)))
        {
            return $"{StatePath(path)} is not there";
        }

        try
        {
            session.Load(StatePath(path));
            return null;
        }
        catch (WinnowException e)
        {
            return e.Message;
        }
    }

    private static string StatePath(string path) => path + ".kv";

    private static ChatMessage Read(string path, JsonNode? node) =>
        new((string?)node?["role"] ?? throw new WinnowException($"{path}: a message has no role"), (string?)node!["content"] ?? "")
        {
            Name = (string?)node["name"],
            ToolCallId = (string?)node["tool_call_id"],
            ReasoningContent = (string?)node["reasoning_content"],
            ToolCalls = node["tool_calls"]?.DeepClone() as JsonArray,
        };
}
