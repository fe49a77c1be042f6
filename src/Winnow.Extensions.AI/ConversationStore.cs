using TemplateMessage = Winnow.Templates.ChatMessage;

namespace Winnow.Extensions.AI;

/// <summary>The messages of conversations that the client remembers for its callers. Thread-safe; those not used for the longest time go first.</summary>
/// <param name="limit">How many are remembered.</param>
internal sealed class ConversationStore(int limit)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Conversation> _conversations = new(StringComparer.Ordinal);
    private long _clock;

    /// <summary>Begins a conversation.</summary>
    public string Create()
    {
        string id = $"conv_{Guid.NewGuid():N}";
        lock (_lock)
        {
            if (_conversations.Count >= limit && _conversations.Where(pair => !pair.Value.IsBusy).OrderBy(pair => pair.Value.LastUse).Select(pair => pair.Key).FirstOrDefault() is { } oldest)
            {
                _conversations.Remove(oldest);
            }

            _conversations.Add(id, new Conversation { LastUse = ++_clock });
        }

        return id;
    }

    /// <summary>Forgets a conversation.</summary>
    /// <returns>Whether there was one.</returns>
    public bool Remove(string id)
    {
        lock (_lock)
        {
            return _conversations.Remove(id);
        }
    }

    /// <summary>Takes a conversation for a call; <see cref="End"/> gives it back.</summary>
    /// <returns>Its messages so far.</returns>
    /// <exception cref="InvalidOperationException">It is not known, or another call has it.</exception>
    public IReadOnlyList<TemplateMessage> Begin(string id)
    {
        lock (_lock)
        {
            if (!_conversations.TryGetValue(id, out Conversation? conversation))
            {
                throw new InvalidOperationException(
                    $"ConversationId '{id}' is not known: {nameof(WinnowChatClient)}.{nameof(WinnowChatClient.CreateConversation)} begins one, and the {limit} used last are remembered");
            }

            if (conversation.IsBusy)
            {
                throw new InvalidOperationException($"ConversationId '{id}' is being answered already: a conversation has one answer at a time");
            }

            conversation.IsBusy = true;
            conversation.LastUse = ++_clock;
            return [.. conversation.Messages];
        }
    }

    /// <summary>Ends a call.</summary>
    /// <param name="id">The conversation.</param>
    /// <param name="messages">What it has added; null where it was not answered.</param>
    public void End(string id, IEnumerable<TemplateMessage>? messages)
    {
        lock (_lock)
        {
            if (_conversations.TryGetValue(id, out Conversation? conversation))
            {
                conversation.IsBusy = false;
                conversation.Messages.AddRange(messages ?? []);
            }
        }
    }

    private sealed class Conversation
    {
        public List<TemplateMessage> Messages { get; } = [];

        public long LastUse { get; set; }

        public bool IsBusy { get; set; }
    }
}
