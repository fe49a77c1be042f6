namespace Winnow.Generation;

/// <summary>What happens where prompt and answer do not fit into the context.</summary>
public enum FullContextPolicy
{
    /// <summary>A prompt that does not fit is a <see cref="ContextOverflowException"/>; an answer that fills the context ends with <see cref="FinishReason.ContextFull"/>.</summary>
    Error,

    /// <summary>
    /// The first <see cref="GenerationOptions.KeptTokens"/> stay, and of what follows them the older half goes, as often as it must. What
    /// stays is read again: it does not depend on what is gone. <see cref="GenerationStatistics.ShiftedTokens"/> says how much went.
    /// </summary>
    Shift,

    /// <summary>
    /// Of a conversation the oldest messages go, a question with its answer at a time; the system message and the last question stay.
    /// <see cref="GenerationStatistics.DroppedMessages"/> says how many went. An answer that fills the context ends. Needs messages, not tokens.
    /// </summary>
    DropOldestMessages,
}
