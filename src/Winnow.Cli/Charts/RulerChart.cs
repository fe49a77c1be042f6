using System.Globalization;
using System.Text;
using Winnow.Cli.Output;
using Winnow.Generation;
using Winnow.Lab.Evaluation;

namespace Winnow.Cli.Charts;

/// <summary>Accuracy and decode speed by length of the methods that a run compared, as one SVG picture.</summary>
internal static class RulerChart
{
    private const int Width = 920;
    private const int PanelWidth = 370;
    private const int PanelHeight = 250;
    private const int PanelTop = 80;
    private const int LeftPanel = 60;
    private const int RightPanel = 520;
    private const int LegendTop = PanelTop + PanelHeight + 52;
    private const int LegendRow = 22;
    private const string Style =
        "text{font-family:system-ui,sans-serif;fill:#222}.title{font-size:15px;font-weight:600}.what{font-size:13px}.tick,.legend{font-size:12.5px}"
        + ".note{font-size:11.5px;fill:#555}.grid{stroke:#ddd;stroke-width:1}.bar{fill:none;stroke-width:1.3;opacity:.55}";

    /// <summary>Draws the picture.</summary>
    /// <param name="results">The methods.</param>
    /// <param name="what">Which model answered, on what.</param>
    public static string Draw(IReadOnlyList<RulerResult> results, string what)
    {
        int[] lengths = [.. results.SelectMany(result => result.ByLength.Select(row => row.Length)).Distinct().Order()];
        string[] names = Names(results);
        string[] categories = [.. lengths.Select(RulerReport.Length)];
        ChartSeries[] accuracy = Series(results, names, lengths, score => new ChartPoint(
            100 * score.Accuracy, 100 * score.Interval.Low, 100 * score.Interval.High, Text($" ({score.Right} of {score.Count}, {RulerReport.Range(score.Interval)})")));
        ChartSeries[] speed = Series(results, names, lengths, score => new ChartPoint(score.DecodeTokensPerSecond));
        double fastest = speed.SelectMany(series => series.Points).Select(point => point?.Value ?? 0).DefaultIfEmpty(1).Max();
        int cases = results[0].Total.Count;
        int[] counts = [.. results[0].ByLength.Select(row => row.Score.Count).Distinct().Order()];

        StringBuilder svg = new();
        int height = LegendTop + (results.Count * LegendRow) + LegendRow;
        svg.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {height}\" width=\"{Width}\" height=\"{height}\" role=\"img\" aria-label=\"Accuracy and decode speed by context length\">\n");
        svg.Append(CultureInfo.InvariantCulture, $"<style>{Style}</style>\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n");
        svg.Append(CultureInfo.InvariantCulture, $"<text class=\"what\" x=\"{LeftPanel}\" y=\"26\">{LineChart.Escape(what)}; {cases} cases, {string.Join(" or ", counts)} at each length</text>\n");
        new LineChart("Right answers by context length (tokens)", categories, accuracy, 100, " %").Draw(svg, LeftPanel, PanelTop, PanelWidth, PanelHeight);
        new LineChart("Decode speed (tokens per second)", categories, speed, LineChart.NiceTop(fastest), "").Draw(svg, RightPanel, PanelTop, PanelWidth, PanelHeight);
        for (int i = 0; i < results.Count; i++)
        {
            int y = LegendTop + (i * LegendRow);
            RulerScore total = results[i].Total;
            svg.Append(CultureInfo.InvariantCulture, $"<line x1=\"{LeftPanel}\" y1=\"{y - 4}\" x2=\"{LeftPanel + 24}\" y2=\"{y - 4}\" stroke=\"{LineChart.Color(i)}\" stroke-width=\"3\"{LineChart.Dash(i)}/>");
            svg.Append(CultureInfo.InvariantCulture, $"<text class=\"legend\" x=\"{LeftPanel + 32}\" y=\"{y}\">{LineChart.Escape(names[i])}: {total.Right} of {total.Count} right, {100 * total.AttendedFraction:0} % of rows read<title>{LineChart.Escape(results[i].Attention.ToString())}</title></text>\n");
        }

        svg.Append(CultureInfo.InvariantCulture, $"<text class=\"note\" x=\"{LeftPanel}\" y=\"{LegendTop + (results.Count * LegendRow)}\">Bars: 95 % confidence (Wilson). Methods answered the same cases.</text>\n");
        return svg.Append("</svg>\n").ToString();
    }

    /// <summary>Methods by their names alone, with their values only where two have the same name.</summary>
    internal static string[] Names(IReadOnlyList<RulerResult> results)
    {
        string[] names = [.. results.Select(result => NameOf(result.Attention))];
        return [.. names.Select((name, i) => names.Count(other => other == name) > 1 ? results[i].Attention.ToString() : name)];
    }

    private static string NameOf(AttentionOptions attention)
    {
        string name = string.Join(" + ", attention.ToString().Split('+').Select(part => part.Split(':')[0]));
        return name == "full" ? "full attention" : name;
    }

    private static ChartSeries[] Series(IReadOnlyList<RulerResult> results, string[] names, int[] lengths, Func<RulerScore, ChartPoint> point) =>
        [.. results.Select((result, i) =>
        {
            Dictionary<int, RulerScore> scores = result.ByLength.ToDictionary(row => row.Length, row => row.Score);
            return new ChartSeries(names[i], [.. lengths.Select(length => scores.TryGetValue(length, out RulerScore? score) ? point(score) : (ChartPoint?)null)]);
        })];

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
