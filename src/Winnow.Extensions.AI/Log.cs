using Microsoft.Extensions.Logging;

namespace Winnow.Extensions.AI;

/// <summary>What is logged, with event ids that stay. Neither prompts nor answers are.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "Loaded {Model} from {Path} in {Milliseconds:F0} ms: {Architecture}, {Quantization}, on {Device}")]
    public static partial void Loaded(this ILogger logger, string model, string path, double milliseconds, string architecture, string quantization, string device);

    [LoggerMessage(2, LogLevel.Warning, "{Note}")]
    public static partial void AttentionNote(this ILogger logger, string note);

    [LoggerMessage(10, LogLevel.Debug, "{Model} answered: prompt {PromptTokens} tokens ({CachedTokens} cached), answer {GeneratedTokens} tokens ({FinishReason}); queued {QueuedMilliseconds:F0} ms, first token after {FirstTokenMilliseconds:F0} ms, all after {Milliseconds:F0} ms")]
    public static partial void Answered(
        this ILogger logger, string model, int promptTokens, int cachedTokens, int generatedTokens, string finishReason, double queuedMilliseconds, double firstTokenMilliseconds, double milliseconds);

    [LoggerMessage(11, LogLevel.Debug, "{Model}: a call ended before its answer, after {Tokens} tokens and {Milliseconds:F0} ms: cancelled, abandoned or failed")]
    public static partial void Incomplete(this ILogger logger, string model, int tokens, double milliseconds);

    [LoggerMessage(12, LogLevel.Warning, "The additional property '{Property}' is not known here and has no effect")]
    public static partial void UnknownProperty(this ILogger logger, string property);

    [LoggerMessage(13, LogLevel.Information, "The method for prompts did not run: a part of the prompt was in the cache")]
    public static partial void PromptMethodSkipped(this ILogger logger);

    [LoggerMessage(14, LogLevel.Warning, "The context was full: {DroppedMessages} messages and {ShiftedTokens} tokens were dropped")]
    public static partial void ContextWasFull(this ILogger logger, int droppedMessages, int shiftedTokens);
}
