using System.Diagnostics.Metrics;

namespace Winnow.Attention;

/// <summary>What attention methods do, layer by layer, as counters of System.Diagnostics.Metrics; each measurement carries the tag <c>layer</c>.</summary>
/// <remarks>While nobody listens a counter costs one comparison a layer. <c>dotnet-counters monitor --counters Winnow.Attention</c> shows them.</remarks>
internal static class AttentionTelemetry
{
    private static readonly Meter Meter = new(AttentionStatistics.MeterName);

    /// <summary>Cache rows that decode steps read, summed over KV heads.</summary>
    internal static readonly Counter<long> AttendedRows = Meter.CreateCounter<long>(
        "winnow.attention.attended_rows", "{row}", "Cache rows that decode steps read, summed over KV heads.");

    /// <summary>Decode steps in which a layer read chosen rows instead of all.</summary>
    internal static readonly Counter<long> Selections = Meter.CreateCounter<long>(
        "winnow.attention.selections", "{step}", "Decode steps in which a layer read chosen rows instead of all.");

    /// <summary>Decode steps in which a layer's attention was looked at to choose rows anew.</summary>
    internal static readonly Counter<long> Refreshes = Meter.CreateCounter<long>(
        "winnow.attention.refreshes", "{step}", "Decode steps in which a layer's attention was looked at to choose rows anew.");
}
