using Winnow.Generation;
using Winnow.Templates;

namespace Winnow.Retrieval;

/// <summary>What a session can do with documents.</summary>
public static class RetrievalExtensions
{
    /// <summary>
    /// The same with S³ for long prompts: what stands before the question, the last paragraph of the longest message, is scanned once as a
    /// document, and the model reads the evidence only. Attention itself is not changed: any method may be combined.
    /// </summary>
    /// <remarks>arXiv 2601.17702. Asked again about the same document, a session does not scan it again.</remarks>
    /// <param name="attention">What else is chosen, <see cref="AttentionOptions.Full"/> for nothing.</param>
    /// <param name="search">How much evidence, and by which means; null for the defaults.</param>
    /// <param name="index">How the document is scanned; null for the defaults.</param>
    public static AttentionOptions WithRetrieval(this AttentionOptions attention, SearchOptions? search = null, IndexOptions? index = null)
    {
        ArgumentNullException.ThrowIfNull(attention);
        return attention with { Transform = new RetrievalAttention { Search = search ?? new SearchOptions(), Index = index ?? new IndexOptions() } };
    }

    /// <summary>Answers a question from the documents of an index: finds the evidence, then generates from a prompt of it.</summary>
    /// <param name="session">Who answers.</param>
    /// <param name="index">The documents.</param>
    /// <param name="question">The question.</param>
    /// <param name="search">How much evidence, found by which means; never more than three quarters of the context.</param>
    /// <param name="options">How to generate.</param>
    /// <param name="history">
    /// Earlier messages of the conversation, a system message for example; a model without a chat template reads their texts.
    /// </param>
    /// <param name="cancellationToken">Stops the search; pass one to the enumeration of the answer too.</param>
    /// <returns>The evidence, and the answer as it is generated.</returns>
    /// <exception cref="ContextOverflowException">Question and history alone do not fit.</exception>
    public static async Task<DocumentAnswer> AskAsync(
        this Session session,
        DocumentIndex index,
        string question,
        SearchOptions? search = null,
        GenerationOptions? options = null,
        IReadOnlyList<ChatMessage>? history = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(index);
        ArgumentNullException.ThrowIfNull(question);
        IReadOnlyList<EvidenceSpan> evidence = await session.Engine.ComputeThreads
            .Run(() => session.FindEvidence(index, question, search, cancellationToken)).ConfigureAwait(false);
        ChatMessage message = EvidencePrompt.Message(evidence, question);
        IReadOnlyList<ChatMessage> messages = [.. history ?? [], message];
        IReadOnlyList<int> prompt = session.Engine.ChatTemplate is null
            ? session.Engine.Tokenizer.Encode(string.Join("\n\n", messages.Select(one => one.Content)) + "\n", addSpecial: true, cancellationToken: cancellationToken)
            : session.Engine.EncodeChat(messages, cancellationToken: cancellationToken);
        return new DocumentAnswer(evidence, prompt.Count, session.GenerateAsync(prompt, options, cancellationToken));
    }

    /// <summary>Searches an index for as much evidence as this session's context has room for.</summary>
    /// <param name="session">Who answers.</param>
    /// <param name="index">The documents.</param>
    /// <param name="question">The question.</param>
    /// <param name="search">How much evidence, found by which means; never more than three quarters of the context.</param>
    /// <param name="cancellationToken">Stops between layers.</param>
    public static IReadOnlyList<EvidenceSpan> FindEvidence(
        this Session session, DocumentIndex index, string question, SearchOptions? search = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(index);
        ArgumentNullException.ThrowIfNull(question);
        search ??= new SearchOptions();
        return index.Search(question, search with { Budget = search.BudgetTokens(index.Tokens, session.ContextLength) }, cancellationToken);
    }
}
