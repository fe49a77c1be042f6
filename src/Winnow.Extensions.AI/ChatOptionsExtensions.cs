using Microsoft.Extensions.AI;
using Winnow.Generation;

namespace Winnow.Extensions.AI;

/// <summary>Options of the engine that have no member in <see cref="ChatOptions"/>.</summary>
/// <remarks>
/// They travel as additional properties, and may be set there by name as well: attention, priority, reasoning_budget, full_context (error,
/// shift, drop), keep_tokens, grammar (GBNF), logprobs, top_logprobs, and llama.cpp's names of sampler options, such as min_p. A
/// <see cref="ChatOptions.RawRepresentationFactory"/> may give <see cref="GenerationOptions"/> to begin with.
/// </remarks>
public static class ChatOptionsExtensions
{
    internal const string AttentionKey = "attention";

    internal const string PriorityKey = "priority";

    internal const string ReasoningBudgetKey = "reasoning_budget";

    /// <summary>Sets how a call attends.</summary>
    /// <param name="options">The options, which are changed.</param>
    /// <param name="attention">The attention methods.</param>
    public static ChatOptions WithAttention(this ChatOptions options, AttentionOptions attention) => Set(options, AttentionKey, attention);

    /// <summary>Sets the tokens that a model may think before it must answer.</summary>
    /// <param name="options">The options, which are changed.</param>
    /// <param name="tokens">0 or more.</param>
    public static ChatOptions WithReasoningBudget(this ChatOptions options, int tokens) => Set(options, ReasoningBudgetKey, tokens);

    /// <summary>Sets which calls go first where several wait: those of a higher priority.</summary>
    /// <param name="options">The options, which are changed.</param>
    /// <param name="priority">0 for the usual one.</param>
    public static ChatOptions WithPriority(this ChatOptions options, int priority) => Set(options, PriorityKey, priority);

    /// <summary>Sets what happens where the conversation does not fit into the context.</summary>
    /// <param name="options">The options, which are changed.</param>
    /// <param name="policy">What happens.</param>
    public static ChatOptions WithFullContext(this ChatOptions options, FullContextPolicy policy) => Set(options, "full_context", policy);

    private static ChatOptions Set(ChatOptions options, string key, object value)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(value);
        (options.AdditionalProperties ??= [])[key] = value;
        return options;
    }
}
