using System.Runtime.CompilerServices;
using Winnow.Documents;
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

    /// <summary>The last answer, as long as it can go on.</summary>
    private ChatTurn? _open;

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
        _ = RequireTemplate(session.Engine);
        Session = session;
        SetSystem(system);
    }

    /// <summary>The model.</summary>
    public Engine Engine => Session.Engine;

    /// <summary>What computes the conversation.</summary>
    public Session Session { get; private set; }

    /// <summary>The messages, the oldest first.</summary>
    public IReadOnlyList<ChatMessage> Messages => _messages;

    /// <summary>The documents that questions are answered from; null for none.</summary>
    public DocumentIndex? Documents { get; private set; }

    /// <summary>What the last question was answered from: the passages to cite. Empty without documents.</summary>
    public IReadOnlyList<EvidenceSpan> Evidence { get; private set; } = [];

    private int LastQuestion => _messages.FindLastIndex(message => message.Role == "user");

    /// <summary>Whether a text stands in front of the next question.</summary>
    public bool HasAttachment => _attachment is not null;

    /// <summary>Whether the last answer can go on: it did not come to its end, and nothing has happened since.</summary>
    public bool CanContinue => _open is not null;

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
    public IAsyncEnumerable<GeneratedToken> AskAsync(
        string question, GenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(question);
        return StreamAsync(() => Begin(question, options ?? new GenerationOptions(), cancellationToken), cancellationToken);
    }

    /// <summary>Asks a question and computes the answer on the calling thread.</summary>
    /// <inheritdoc cref="AskAsync"/>
    public IEnumerable<GeneratedToken> Ask(string question, GenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(question);
        return Stream(() => Begin(question, options ?? new GenerationOptions(), cancellationToken), cancellationToken);
    }

    /// <summary>Asks the last question again and streams another answer, which takes the place of the former as soon as it begins.</summary>
    /// <param name="options">How to answer; a seed of its own makes another answer likely.</param>
    /// <param name="cancellationToken">Stops the answer.</param>
    /// <exception cref="WinnowException">There is no question, or the conversation does not fit.</exception>
    public IAsyncEnumerable<GeneratedToken> RegenerateAsync(GenerationOptions? options = null, CancellationToken cancellationToken = default) =>
        StreamAsync(() => BeginAgain(options ?? new GenerationOptions(), cancellationToken), cancellationToken);

    /// <summary>Asks the last question again and computes another answer on the calling thread.</summary>
    /// <inheritdoc cref="RegenerateAsync"/>
    public IEnumerable<GeneratedToken> Regenerate(GenerationOptions? options = null, CancellationToken cancellationToken = default) =>
        Stream(() => BeginAgain(options ?? new GenerationOptions(), cancellationToken), cancellationToken);

    /// <summary>Goes on with the last answer where it was stopped, or where <see cref="GenerationOptions.MaxTokens"/> ended it.</summary>
    /// <param name="options">How to go on.</param>
    /// <param name="cancellationToken">Stops the answer.</param>
    /// <exception cref="WinnowException">The last answer cannot go on (<see cref="CanContinue"/>).</exception>
    public IAsyncEnumerable<GeneratedToken> ContinueAsync(GenerationOptions? options = null, CancellationToken cancellationToken = default) =>
        StreamAsync(() => BeginRest(options ?? new GenerationOptions()), cancellationToken);

    /// <summary>Goes on with the last answer on the calling thread.</summary>
    /// <inheritdoc cref="ContinueAsync"/>
    public IEnumerable<GeneratedToken> Continue(GenerationOptions? options = null, CancellationToken cancellationToken = default) =>
        Stream(() => BeginRest(options ?? new GenerationOptions()), cancellationToken);

    /// <summary>Counts what the conversation takes of the context before its next question, with what stands in front of that.</summary>
    /// <param name="attachment">A further text, as if it had been attached; null for none.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Tokens, to be compared with <see cref="Session.ContextLength"/>; those of documents, which fit themselves in, are not among them.</returns>
    public int CountTokens(string? attachment = null, CancellationToken cancellationToken = default)
    {
        string content = string.Join("\n\n", new[] { _attachment, attachment }.OfType<string>());
        return Engine.EncodeChat([.. _messages, new ChatMessage("user", content)], cancellationToken: cancellationToken).Count;
    }

    /// <summary>Goes on in another session, of the same model or of another, which belongs to the chat from now on; the former is disposed.</summary>
    /// <remarks>Messages and attachments stay, and are read again with the next question. Documents are an index of one model's own, and of its calibration: with another they go.</remarks>
    /// <param name="session">What computes from now on; its model must have a chat template.</param>
    /// <exception cref="WinnowException">The model has no chat template that can be used; nothing was changed.</exception>
    public void MoveTo(Session session)
    {
        ArgumentNullException.ThrowIfNull(session);
        Engine engine = RequireTemplate(session.Engine);
        if (!ReferenceEquals(engine, Engine))
        {
            Replace(Documents?.For(engine));
        }

        _open = null;
        Session.Dispose();
        Session = session;
    }

    /// <summary>Takes the last question and its answer back, as if it had never been asked.</summary>
    /// <returns>Whether there was one.</returns>
    public bool Withdraw()
    {
        int last = LastQuestion;
        if (last < 0)
        {
            return false;
        }

        _messages.RemoveRange(last, _messages.Count - last);
        _open = null;
        Evidence = [];
        return true;
    }

    /// <summary>Forgets everything but the system message and the documents.</summary>
    public void Clear()
    {
        _messages.RemoveAll(message => message.Role != "system");
        _attachment = null;
        _open = null;
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

    /// <summary>Scans a file of text, of any length, or all of a folder, to answer questions from its passages; an index file is opened in place of all documents.</summary>
    /// <param name="path">The file or folder.</param>
    /// <param name="progress">Told how far the scan is.</param>
    /// <param name="cancellationToken">Stops it; the documents are as before.</param>
    /// <exception cref="WinnowException">The file is no text, cannot be read, is damaged, or a document of that name is there already.</exception>
    public void AddDocument(string path, IProgress<IndexProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (Directory.Exists(path))
        {
            AddDocuments([.. DocumentFolder.List(path, cancellationToken).Documents], progress, cancellationToken);
        }
        else if (DocumentIndex.IsIndex(path))
        {
            Replace(DocumentIndex.Open(Engine, path));
        }
        else
        {
            AddDocument(Document.FromFile(path, false, cancellationToken), progress, cancellationToken);
        }
    }

    /// <summary>Scans a document, to answer questions from its passages.</summary>
    /// <inheritdoc cref="AddDocument(string, IProgress{IndexProgress}?, CancellationToken)"/>
    public void AddDocument(Document document, IProgress<IndexProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(document);
        AddDocuments([document], progress, cancellationToken);
    }

    /// <summary>Scans documents, to answer questions from their passages: all of them, or none.</summary>
    /// <inheritdoc cref="AddDocument(string, IProgress{IndexProgress}?, CancellationToken)"/>
    public void AddDocuments(IReadOnlyList<Document> documents, IProgress<IndexProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(documents);
        if (Documents is null)
        {
            Documents = DocumentIndex.Build(Engine, documents, null, null, progress, cancellationToken);
        }
        else
        {
            Documents.Add(documents, progress, cancellationToken);
        }
    }

    /// <summary>Takes a document out.</summary>
    /// <param name="name">Its name in <see cref="DocumentIndex.Documents"/>.</param>
    /// <exception cref="WinnowException">There is no such document.</exception>
    public void RemoveDocument(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (Documents is null)
        {
            throw new WinnowException($"there is no document '{name}'");
        }

        Documents.Delete(name);
        Evidence = [];
        if (Documents.Documents.Count == 0)
        {
            RemoveDocuments();
        }
    }

    /// <summary>Answers without documents from now on.</summary>
    public void RemoveDocuments()
    {
        Documents?.Dispose();
        Documents = null;
        Evidence = [];
    }

    /// <summary>
    /// Writes the messages as JSON and, into files beside it, what was computed for them (<c>.kv</c>) and the documents with all that was
    /// scanned of them (<c>.documents</c>), so that to go on takes no time.
    /// </summary>
    /// <exception cref="WinnowException">A file cannot be written.</exception>
    public void Save(string path) => ChatFile.Save(path, _messages, Session, Documents);

    /// <summary>Goes on with a saved conversation and its documents.</summary>
    /// <remarks>The documents are a copy in memory: what is added to them or removed changes no file before the next <see cref="Save"/>.</remarks>
    /// <returns>Why something must be computed again: a file beside it is absent, damaged or of another model. Null where nothing must.</returns>
    /// <exception cref="WinnowException">The file holds no conversation; nothing was changed.</exception>
    public string? Load(string path)
    {
        List<ChatMessage> messages = ChatFile.Load(path);
        _messages.Clear();
        Clear();
        _messages.AddRange(messages);
        string? recompute = ChatFile.LoadState(path, Session);
        Replace(ChatFile.LoadDocuments(path, Engine, out string? scan));
        return scan is null ? recompute : recompute is null ? scan : $"{recompute}; {scan}";
    }

    /// <summary>Frees the memory of the session and the documents.</summary>
    public void Dispose()
    {
        Session.Dispose();
        Documents?.Dispose();
    }

    /// <summary>Ends a turn: its messages join the conversation.</summary>
    internal void End(ChatTurn turn)
    {
        if (turn.Replaces is { } former)
        {
            _messages.RemoveRange(former, _messages.Count - former);
        }

        _messages.RemoveRange(turn.Dropped.First, turn.Dropped.Count);
        _messages.Add(turn.Question);
        _messages.Add(turn.Answer);
        _open = turn.IsComplete ? null : turn;
        _attachment = turn.Replaces is null ? null : _attachment;
    }

    private async IAsyncEnumerable<GeneratedToken> StreamAsync(Func<ChatTurn> begin, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using ChatTurn turn = await Engine.ComputeThreads.Run(begin).ConfigureAwait(false);
        await foreach (GeneratedToken token in Session.Stream(turn.Prompt, turn.Dropped.Count, turn.Options, cancellationToken).ConfigureAwait(false))
        {
            turn.Add(token);
            yield return token;
        }
    }

    private IEnumerable<GeneratedToken> Stream(Func<ChatTurn> begin, CancellationToken cancellationToken)
    {
        using ChatTurn turn = begin();
        foreach (GeneratedToken token in Session.Run(turn.Prompt, turn.Dropped.Count, turn.Options, cancellationToken))
        {
            turn.Add(token);
            yield return token;
        }
    }

    private ChatTurn Begin(string question, GenerationOptions options, CancellationToken cancellationToken)
    {
        ChatMessage asked = new("user", _attachment is null ? question : $"{_attachment.TrimEnd()}\n\n{question}");
        return Begin(_messages, asked, null, options, cancellationToken);
    }

    private ChatTurn BeginAgain(GenerationOptions options, CancellationToken cancellationToken)
    {
        int last = LastQuestion;
        return last >= 0
            ? Begin(_messages[..last], _messages[last], last, options, cancellationToken)
            : throw new WinnowException("there is no question to answer again");
    }

    private ChatTurn BeginRest(GenerationOptions options)
    {
        ChatTurn open = _open ?? throw new WinnowException("the last answer cannot go on: it came to its end, or something happened since");
        ChatTurn rest = open.Rest(LastQuestion, options);
        Session.CheckPrompt(rest.Prompt, options);
        return rest;
    }

    /// <summary>Makes the prompt of a question, with evidence from the documents in front of it.</summary>
    /// <remarks>Earlier questions stand there without their evidence: a long conversation does not fill the context with it.</remarks>
    private ChatTurn Begin(IReadOnlyList<ChatMessage> before, ChatMessage asked, int? replaces, GenerationOptions options, CancellationToken cancellationToken)
    {
        IReadOnlyList<EvidenceSpan> evidence = Documents is null ? [] : Session.FindEvidence(Documents, asked.Content, cancellationToken: cancellationToken);
        ChatMessage read = evidence.Count == 0 ? asked : EvidencePrompt.Message(evidence, asked.Content);
        FittedChat fitted = FittedChat.Encode(
            Engine, [.. before, read], options.FullContext, Session.ContextLength, options.MaxTokens, tools: null, variables: null, cancellationToken);
        if (options is { FullContext: FullContextPolicy.Shift, KeptTokens: 0 } && before is [{ Role: "system" } system, ..])
        {
            options = options with { KeptTokens = CountKept(fitted.Prompt, system, cancellationToken) };
        }

        Session.CheckPrompt(fitted.Prompt, options);
        Evidence = evidence;
        return new ChatTurn(this, asked, fitted, options) { Replaces = replaces };
    }

    private void Replace(DocumentIndex? documents)
    {
        RemoveDocuments();
        Documents = documents;
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
