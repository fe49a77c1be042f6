using System.Globalization;
using Winnow.Generation;

namespace Winnow.Cli.Output;

/// <summary>Timings and memory of a generation, for people.</summary>
internal static class StatisticsText
{
    public static string Line(GenerationStatistics statistics, Session session) => string.Create(
        CultureInfo.InvariantCulture,
        $"prompt {statistics.PromptTokens} tokens ({statistics.CachedTokens} cached), {statistics.PrefillTokensPerSecond:F1} tok/s; " +
        $"answer {statistics.GeneratedTokens} tokens, {statistics.DecodeTokensPerSecond:F1} tok/s; " +
        $"first token after {statistics.Prefill.TotalMilliseconds:F0} ms; keys and values {session.KvBytes / 1048576.0:F1} MiB");
}
