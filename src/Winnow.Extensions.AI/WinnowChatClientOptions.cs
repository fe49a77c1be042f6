using Winnow.Scheduling;

namespace Winnow.Extensions.AI;

/// <summary>How a chat client presents a model.</summary>
public sealed record WinnowChatClientOptions
{
    /// <summary>What the model is called in responses and metrics; null for its own name.</summary>
    public string? ModelId { get; init; }

    /// <summary>How calls share the model; of no use with a scheduler that exists.</summary>
    public SchedulerOptions Scheduler { get; init; } = new();

    /// <summary>Conversations that <see cref="WinnowChatClient.CreateConversation"/> remembers; the ones used last. 1 or more; default 1000.</summary>
    public int MaxConversations
    {
        get;
        init => field = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(MaxConversations), $"{nameof(MaxConversations)} is {value}; allowed: 1 or more");
    } = 1000;
}
