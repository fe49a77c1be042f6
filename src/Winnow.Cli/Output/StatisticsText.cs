using System.Globalization;
using Winnow.Attention;
using Winnow.Generation;

namespace Winnow.Cli.Output;

/// <summary>Timings and memory of a generation, for people.</summary>
internal static class StatisticsText
{
    public static string Line(GenerationStatistics statistics, Session session) => string.Create(
        CultureInfo.InvariantCulture,
        $"prompt {statistics.PromptTokens} tokens ({statistics.CachedTokens} cached), {statistics.PrefillTokensPerSecond:F1} tok/s; " +
        $"answer {statistics.GeneratedTokens} tokens, {statistics.DecodeTokensPerSecond:F1} tok/s; " +
        $"first token after {statistics.Prefill.TotalMilliseconds:F0} ms; keys and values {session.Diagnostics.KvBytes / 1048576.0:F1} MiB") +
        MemoryReport.Line(session) +
        Attention(session.Attention, session.Diagnostics.AttentionStatistics);

    /// <summary>What an attention method did in each layer; nothing under full attention.</summary>
    internal static string Attention(AttentionOptions options, AttentionStatistics statistics)
    {
        if (!options.HasDecodeMethod || statistics.Steps == 0)
        {
            return "";
        }

        IEnumerable<string> layers = Enumerable.Range(0, statistics.Layers).Select(layer => string.Create(
            CultureInfo.InvariantCulture,
            $"{layer}: {100 * statistics.AttendedFractionOf(layer):F0} %{(statistics.RefreshesOf(layer) is > 0 and int refreshes ? $" ({refreshes})" : "")}"));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"\n{options}: {100 * statistics.AttendedFraction:F1} % of rows read in {statistics.Steps} steps; by layer, with refreshes: {string.Join(", ", layers)}");
    }
}
