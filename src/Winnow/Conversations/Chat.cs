using System.Runtime.CompilerServices;
using Winnow.Generation;
using Winnow.Retrieval;
using Winnow.Templates;

namespace Winnow.Conversations;

/// <summary>A conversation with a model: its messages, the documents that it may look into, and the session that has computed them.</summary>
/// <remarks>
/// A next question computes only what is new. One answer at a time: end one, by its last token, a cancellation or by leaving the loop,
/// before the next question is asked or the conversation is changed.
/// </remarks>
public sealed class Chat : IDisposable
{
    private readonly List<ChatMessage> _messages = [];
    private string? _attachment;

    /// <summary>Begins a conversation.</summary>
    /// <param name="engine">The model; it must have a chat template.</param>
    /// <param name="system">The system message; null or empty for none.</param>
    /// <param name="options">Context, keys and values, attention.</param>
    /// <exception cref="WinnowException">The model has no chat template that can be used.</exception>
    /// <exception cref="ArgumentException">The model does not support the options; the message names the one.</exception>
    public Chat(Engine engine, string? system = null, SessionOptions? options = null)
        : this(RequireTemplate(engine).CreateSession(options), system)
    {
    }

    /// <summary>Begins a conversation in a session, which belongs to the chat from now on.</summary>
    /// <param name="session">What computes; its model must have a chat template.</param>
    /// <param name="system">The system message; null or empty for none.</param>
    /// <exception cref="WinnowException">The model has no chat template that can be used.</exception>
    public Chat(Session session, string? system = null)
    {
        ArgumentNullException.ThrowIfNull(session);
        Engine = RequireTemplate(session.Engine);
        Session = session;
        SetSystem(system);
    }

    /// <summary>The model.</summary>
    public Engine Engine { get; }

    /// <summary>What computes the conversation.</summary>
    public Session Session { get; }

    /// <summary>The messages, the oldest first.</summary>
    public IReadOnlyList<ChatMessage> Messages => _messages;

    /// <summary>The documents that questions are answered from; null for none.</summary>
    public DocumentIndex? Documents { get; private set; }

    /// <summary>What the last question was answered from: the passages to cite. Empty without documents.</summary>
    public IReadOnlyList<EvidenceSpan> Evidence { get; private set; } = [];

    /// <summary>Asks a question and streams the answer.</summary>
    /// <remarks>
    /// Question and answer join the conversation. An answer that is stopped half-way, by cancellation or because nobody enumerates it
    /// further, stays as far as it came; where no token came, the question is withdrawn. <see cref="FullContextPolicy.Shift"/> keeps the
    /// system message unless <see cref="GenerationOptions.KeptTokens"/> says otherwise.
    /// </remarks>
    /// <param name="question">What the user says.</param>
    /// <param name="options">How to answer, and what to do where the conversation does not fit.</param>
    /// <param name="cancellationToken">Stops the answer.</param>
    /// <exception cref="ContextOverflowException">The conversation does not fit; nothing was changed.</exception>
    /// <exception cref="WinnowException">The template refuses the conversation.</exception>
    public async IAsyncEnumerable<GeneratedToken> AskAsync(
        string question, GenerationOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(question);
        using ChatTurn turn = await Engine.ComputeThreads
            .Run(() => Begin(question, options ?? new GenerationOptions(), cancellationToken)).ConfigureAwait(false);
        await foreach (GeneratedToken token in Session.Stream(turn.Prompt, turn.Dropped.Count, turn.Options, cancellationToken).ConfigureAwait(false))
        {
            turn.Add(token);
            yield return token;
        }
    }

    /// <summary>Asks a question and computes the answer on the calling thread.</summary>
    /// <inheritdoc cref="AskAsync"/>
    public IEnumerable<GeneratedToken> Ask(string question, GenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(question);
        using ChatTurn turn = Begin(question, options ?? new GenerationOptions(), cancellationToken);
        foreach (GeneratedToken token in Session.Run(turn.Prompt, turn.Dropped.Count, turn.Options, cancellationToken))
        {
            turn.Add(token);
            yield return token;
        }
    }

    /// <summary>Takes the last question and its answer back, as if it had never been asked.</summary>
    /// <returns>Whether there was one.</returns>
    public bool Withdraw()
    {
        int last = _messages.FindLastIndex(message => message.Role == "user");
        if (last >= 0)
        {
            _messages.RemoveRange(last, _messages.Count - last);
        }

        return last >= 0;
    }

    /// <summary>Forgets everything but the system message and the documents.</summary>
    public void Clear()
    {
        _messages.RemoveAll(message => message.Role != "system");
        _attachment = null;
        Evidence = [];
    }

    /// <summary>Sets or removes the system message; the conversation begins anew.</summary>
    /// <param name="text">The message; null or empty for none.</param>
    public void SetSystem(string? text)
    {
        _messages.Clear();
        Clear();
        if (!string.IsNullOrEmpty(text))
        {
            _messages.Add(new ChatMessage("system", text));
        }
    }

    /// <summary>Puts a text in front of the next question.</summary>
    public void Attach(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        _attachment = _attachment is null ? text : $"{_attachment}\n\n{text}";
    }

    /// <summary>Scans a text file of any length, to answer questions from its passages; an index file is opened in place of all documents.</summary>
    /// <param name="path">The file.</param>
    /// <param name="progress">Told how far the scan is.</param>
    /// <param name="cancellationToken">Stops it; the documents are as before.</param>
    /// <exception cref="WinnowException">The file cannot be read, is damaged, or a document of that name is there already.</exception>
    public void AddDocument(string path, IProgress<IndexProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (DocumentIndex.IsIndex(path))
        {
            DocumentIndex opened = DocumentIndex.Open(Engine, path);
            Documents?.Dispose();
            Documents = opened;
        }
        else
        {
            AddDocument(DocumentSource.FromFile(path), progress, cancellationToken);
        }
    }

    /// <summary>Scans a document, to answer questions from its passages.</summary>
    /// <inheritdoc cref="AddDocument(string, IProgress{IndexProgress}?, CancellationToken)"/>
    public void AddDocument(DocumentSource document, IProgress<IndexProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(document);
        if (Documents is null)
        {
            Documents = DocumentIndex.Build(Engine, [document], null, null, progress, cancellationToken);
        }
        else
        {
            Documents.Add([document], progress, cancellationToken);
        }
    }

    /// <summary>Answers without documents from now on.</summary>
    public void RemoveDocuments()
    {
        Documents?.Dispose();
        Documents = null;
        Evidence = [];
    }

    /// <summary>Writes the messages as JSON, and what was computed for them into a file beside it (<c>.kv</c>), so that to go on takes no time.</summary>
    /// <exception cref="WinnowException">A file cannot be written.</exception>
    public void Save(string path) => ChatFile.Save(path, _messages, Session);

    /// <summary>Goes on with a saved conversation.</summary>
    /// <returns>Why it must be computed again: the file beside it is absent, damaged or of another model. Null where it need not.</returns>
    /// <exception cref="WinnowException">The file holds no conversation; nothing was changed.</exception>
    public string? Load(string path)
    {
        List<ChatMessage> messages = ChatFile.Load(path);
        _messages.Clear();
        Clear();
        _messages.AddRange(messages);
        return ChatFile.LoadState(path, Session);
    }

    /// <summary>Frees the memory of the session and the documents.</summary>
    public void Dispose()
    {
        Session.Dispose();
        Documents?.Dispose();
    }

    /// <summary>Ends a turn: its messages join the conversation.</summary>
    internal void End(ChatTurn turn, string answer)
    {
        _messages.RemoveRange(turn.Dropped.First, turn.Dropped.Count);
        _messages.Add(turn.Question);
        _messages.Add(new ChatMessage("assistant", answer));
        _attachment = null;
    }

    /// <summary>Makes the prompt of a question, with evidence from the documents in front of it.</summary>
    /// <remarks>Earlier questions stand there without their evidence: a long conversation does not fill the context with it.</remarks>
    private ChatTurn Begin(string question, GenerationOptions options, CancellationToken cancellationToken)
    {
        ChatMessage asked = new("user", _attachment is null ? question : $"{_attachment.TrimEnd()}\n\n{question}");
        Evidence = Documents is null ? [] : Session.FindEvidence(Documents, asked.Content, cancellationToken: cancellationToken);
        ChatMessage read = Evidence.Count == 0 ? asked : EvidencePrompt.Message(Evidence, asked.Content);
        FittedChat fitted = FittedChat.Encode(
            Engine, [.. _messages, read], options.FullContext, Session.ContextLength, options.MaxTokens, tools: null, variables: null, cancellationToken);
        if (options is { FullContext: FullContextPolicy.Shift, KeptTokens: 0 } && _messages is [{ Role: "system" } system, ..])
        {
            options = options with { KeptTokens = CountKept(fitted.Prompt, system, cancellationToken) };
        }

        Session.CheckPrompt(fitted.Prompt, options);
        return new ChatTurn(this, asked, fitted, options);
    }

    private static Engine RequireTemplate(Engine engine)
    {
        ArgumentNullException.ThrowIfNull(engine);
        return engine.ChatTemplate is not null ? engine : throw ModelText.NoTemplate(engine.Model.Name, engine.ChatTemplateError);
    }

    /// <summary>Tokens of the system message: what the prompt shares with a conversation of that message and another question.</summary>
    private int CountKept(IReadOnlyList<int> prompt, ChatMessage system, CancellationToken cancellationToken)
    {
        IReadOnlyList<int> other = Engine.EncodeChat([system, new ChatMessage("user", "")], cancellationToken: cancellationToken);
        int shared = prompt.Zip(other).TakeWhile(pair => pair.First == pair.Second).Count();
        return Math.Min(shared, Session.ContextLength / 2);
    }
}
