namespace Winnow.Generation;

/// <summary>Why a generation ended.</summary>
public enum FinishReason
{
    /// <summary>The model ended its answer, or one of the stop strings or stop tokens appeared.</summary>
    Stop,

    /// <summary><see cref="GenerationOptions.MaxTokens"/> were generated.</summary>
    Length,

    /// <summary>The context is full: prompt and answer reached the session's context length.</summary>
    ContextFull,

    /// <summary>The answer said one thing over and over: <see cref="GenerationOptions.RepetitionLimit"/>.</summary>
    Repetition,
}
