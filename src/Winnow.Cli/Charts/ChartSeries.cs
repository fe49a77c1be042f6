namespace Winnow.Cli.Charts;

/// <summary>A line of a chart.</summary>
/// <param name="Name">What it shows.</param>
/// <param name="Points">A point for each category; null for none.</param>
internal sealed record ChartSeries(string Name, IReadOnlyList<ChartPoint?> Points);

/// <summary>A point of a line.</summary>
/// <param name="Value">Where it lies.</param>
/// <param name="Low">Where its error bar begins; NaN for no bar.</param>
/// <param name="High">Where it ends.</param>
/// <param name="Note">What stands behind the value where a pointer rests on it.</param>
internal readonly record struct ChartPoint(double Value, double Low = double.NaN, double High = double.NaN, string Note = "");
