using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Winnow.Formats;
using Winnow.Generation;
using Winnow.Retrieval;
using Winnow.Templates;

namespace Winnow.Cli.Chat;

/// <summary>The messages of a chat, and the session that has computed them.</summary>
internal sealed class ConversationState(Engine engine, Session session, string? system) : IDisposable
{
    private readonly List<ChatMessage> _messages = system is null ? [] : [new ChatMessage("system", system)];
    private string? _attachment;
    private DocumentIndex? _index;

    public Engine Engine => engine;

    /// <summary>Documents that questions are answered from; null for none.</summary>
    public DocumentIndex? Index => _index;

    /// <summary>What the last question was answered from.</summary>
    public IReadOnlyList<EvidenceSpan> Evidence { get; private set; } = [];

    public Session Session => session;

    public IReadOnlyList<ChatMessage> Messages => _messages;

    /// <summary>Forgets everything but the system message.</summary>
    public void Clear()
    {
        _messages.RemoveAll(message => message.Role != "system");
        _attachment = null;
    }

    /// <summary>Sets or removes the system message; the conversation begins anew.</summary>
    public void SetSystem(string? text)
    {
        _messages.Clear();
        _attachment = null;
        if (!string.IsNullOrEmpty(text))
        {
            _messages.Add(new ChatMessage("system", text));
        }
    }

    /// <summary>Scans a text file, to answer questions from it; an index file is opened instead.</summary>
    public void AddDocument(string path, IProgress<IndexProgress> progress, CancellationToken cancellationToken)
    {
        if (DocumentIndex.IsIndex(path))
        {
            DocumentIndex opened = DocumentIndex.Open(engine, path);
            _index?.Dispose();
            _index = opened;
        }
        else if (_index is null)
        {
            _index = DocumentIndex.Build(engine, [DocumentSource.FromFile(path)], null, null, progress, cancellationToken);
        }
        else
        {
            _index.Add([DocumentSource.FromFile(path)], progress, cancellationToken);
        }
    }

    /// <summary>The tokens that answer the last question: with evidence from the documents in front of it, where there are any.</summary>
    /// <remarks>Earlier questions stand there without their evidence: a long conversation does not fill the context with it.</remarks>
    public IReadOnlyList<int> Prompt(CancellationToken cancellationToken)
    {
        if (_index is null)
        {
            return engine.EncodeChat(_messages, cancellationToken: cancellationToken);
        }

        Evidence = session.FindEvidence(_index, _messages[^1].Content, cancellationToken: cancellationToken);
        return engine.EncodeChat(
            [.. _messages.SkipLast(1), EvidencePrompt.Message(Evidence, _messages[^1].Content)], cancellationToken: cancellationToken);
    }

    public void Dispose() => _index?.Dispose();

    /// <summary>Puts a text in front of the next question.</summary>
    public void Attach(string text) => _attachment = _attachment is null ? text : $"{_attachment}\n\n{text}";

    /// <summary>Adds a question, with what was attached in front of it.</summary>
    public void Ask(string question)
    {
        _messages.Add(new ChatMessage("user", _attachment is null ? question : $"{_attachment.TrimEnd()}\n\n{question}"));
        _attachment = null;
    }

    /// <summary>Adds the reply to the last question.</summary>
    public void Reply(string text) => _messages.Add(new ChatMessage("assistant", text));

    /// <summary>Takes the last question back, after a failure.</summary>
    public void Withdraw() => _messages.RemoveAt(_messages.Count - 1);

    /// <summary>Writes the messages as JSON, and what the session has computed beside it.</summary>
    public void Save(string path)
    {
        JsonArray messages = [];
        foreach (ChatMessage message in _messages)
        {
            messages.Add((JsonNode)new JsonObject { ["role"] = message.Role, ["content"] = message.Content });
        }

        byte[] json = Encoding.UTF8.GetBytes(messages.ToJsonString(new JsonSerializerOptions { WriteIndented = true }));
        using ReplacingFile file = new(path, json.Length);
        file.Write(0, json);
        session.Save(StatePath(path));
        file.Commit();
    }

    /// <summary>Reads messages back; what the session had computed too, where that file is there and fits.</summary>
    /// <returns>Why the conversation must be computed again, or null.</returns>
    public string? Load(string path)
    {
        List<ChatMessage> messages = [];
        try
        {
            foreach (JsonNode? node in JsonNode.Parse(File.ReadAllText(path)) as JsonArray ?? throw new WinnowException($"{path}: must hold a JSON array of messages"))
            {
                messages.Add(new ChatMessage((string?)node?["role"] ?? throw new WinnowException($"{path}: a message has no role"), (string?)node?["content"] ?? ""));
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new WinnowException($"{path}: no saved conversation: {e.Message}", e);
        }

        _messages.Clear();
        _messages.AddRange(messages);
        _attachment = null;
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
}
