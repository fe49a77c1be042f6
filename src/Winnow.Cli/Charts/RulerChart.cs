using System.Globalization;
using System.Text;
using Winnow.Cli.Output;
using Winnow.Lab.Evaluation;

namespace Winnow.Cli.Charts;

/// <summary>Accuracy and decode speed by length of the methods that a run compared, as one SVG picture.</summary>
internal static class RulerChart
{
    private const int Width = 920;
    private const int PanelWidth = 370;
    private const int PanelHeight = 250;
    private const int PanelTop = 56;
    private const int LeftPanel = 60;
    private const int RightPanel = 520;
    private const int LegendTop = PanelTop + PanelHeight + 52;
    private const int LegendRow = 22;

    public static string Draw(IReadOnlyList<RulerResult> results)
    {
        int[] lengths = [.. results.SelectMany(result => result.ByLength.Select(row => row.Length)).Distinct().Order()];
        string[] categories = [.. lengths.Select(RulerReport.Length)];
        (string, double[])[] accuracy = Series(results, lengths, score => 100 * score.Accuracy);
        (string, double[])[] speed = Series(results, lengths, score => score.DecodeTokensPerSecond);
        double fastest = speed.SelectMany(series => series.Item2).Where(double.IsFinite).DefaultIfEmpty(1).Max();

        StringBuilder svg = new();
        int height = LegendTop + (results.Count * LegendRow);
        svg.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {height}\" width=\"{Width}\" height=\"{height}\" role=\"img\" aria-label=\"Accuracy and decode speed by context length\">\n");
        svg.Append("<style>text{font-family:system-ui,sans-serif;fill:#222}.title{font-size:15px;font-weight:600}.tick,.legend{font-size:12.5px}.grid{stroke:#ddd;stroke-width:1}</style>\n");
        svg.Append("<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n");
        new LineChart("Accuracy by context length (tokens)", categories, accuracy, 100, " %").Draw(svg, LeftPanel, PanelTop, PanelWidth, PanelHeight);
        new LineChart("Decode speed (tokens per second)", categories, speed, LineChart.NiceTop(fastest), "").Draw(svg, RightPanel, PanelTop, PanelWidth, PanelHeight);
        for (int i = 0; i < results.Count; i++)
        {
            int y = LegendTop + (i * LegendRow);
            RulerScore total = results[i].Total;
            svg.Append(CultureInfo.InvariantCulture, $"<line x1=\"{LeftPanel}\" y1=\"{y - 4}\" x2=\"{LeftPanel + 24}\" y2=\"{y - 4}\" stroke=\"{LineChart.Color(i)}\" stroke-width=\"3\"{LineChart.Dash(i)}/>");
            svg.Append(CultureInfo.InvariantCulture, $"<text class=\"legend\" x=\"{LeftPanel + 32}\" y=\"{y}\">{LineChart.Escape(results[i].Attention.ToString())} ({100 * total.AttendedFraction:0.#} % of rows read)</text>\n");
        }

        return svg.Append("</svg>\n").ToString();
    }

    private static (string, double[])[] Series(IReadOnlyList<RulerResult> results, int[] lengths, Func<RulerScore, double> value) =>
        [.. results.Select(result =>
        {
            Dictionary<int, RulerScore> scores = result.ByLength.ToDictionary(row => row.Length, row => row.Score);
            return (result.Attention.ToString(), lengths.Select(length => scores.TryGetValue(length, out RulerScore? score) ? value(score) : double.NaN).ToArray());
        })];
}
