using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Winnow.Formats;
using Winnow.Generation;
using Winnow.Retrieval;
using Winnow.Templates;

namespace Winnow.Conversations;

/// <summary>A saved conversation: messages in the chat-completions format, and in files beside them the session's state and the documents.</summary>
internal static class ChatFile
{
    private static readonly JsonWriterOptions Indented = new() { Indented = true };

    /// <summary>Writes all; older files are replaced only on success.</summary>
    public static void Save(string path, IReadOnlyList<ChatMessage> messages, Session session, DocumentIndex? documents)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        RefuseOther(path);
        using MemoryStream json = new();
        using (Utf8JsonWriter writer = new(json, Indented))
        {
            ChatMessage.ToJson(messages).WriteTo(writer);
        }

        using ReplacingFile file = new(path, json.Length);
        file.Write(0, json.GetBuffer().AsSpan(0, (int)json.Length));
        session.Save(StatePath(path));
        if (documents is not null)
        {
            documents.Save(DocumentsPath(path));
        }
        else if (DocumentIndex.IsIndex(DocumentsPath(path)))
        {
            // Those of the conversation that is replaced.
            File.Delete(DocumentsPath(path));
        }

        file.Commit();
    }

    /// <summary>A slip of the finger must not cost a file of another kind.</summary>
    private static void RefuseOther(string path)
    {
        if (new FileInfo(path) is { Exists: true, Length: > 0 })
        {
            try
            {
                _ = Load(path);
            }
            catch (WinnowException e)
            {
                throw new WinnowException($"{path}: is there already, and is no saved conversation: choose another name, or delete it", e);
            }
        }
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
        catch (JsonException e)
        {
            throw new WinnowException($"{path}: no saved conversation, for it is no JSON", e);
        }
        catch (InvalidOperationException e)
        {
            throw new WinnowException($"{path}: no saved conversation, for it holds something else than messages", e);
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

    /// <summary>Copies the documents into memory.</summary>
    /// <param name="path">The conversation.</param>
    /// <param name="engine">The model.</param>
    /// <param name="problem">Why that is not possible; null where it is, or where there are none.</param>
    public static DocumentIndex? LoadDocuments(string path, Engine engine, out string? problem)
    {
        problem = null;
        if (!File.Exists(DocumentsPath(path)))
        {
            return null;
        }

        try
        {
            return DocumentIndex.Load(engine, DocumentsPath(path));
        }
        catch (WinnowException e)
        {
            problem = $"its documents must be added again: {e.Message}";
            return null;
        }
    }

    private static string DocumentsPath(string path) => path + ".documents";

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
