using System.Globalization;
using System.Text;

namespace Winnow.Cli.Charts;

/// <summary>A line chart over evenly spaced categories, as a group of SVG elements.</summary>
/// <param name="Title">What is shown.</param>
/// <param name="Categories">Labels of the x axis.</param>
/// <param name="Series">The lines. Those with bars stand a little apart, so that bars of equal values are all seen.</param>
/// <param name="Top">The greatest value of the y axis.</param>
/// <param name="Unit">What comes after the numbers of the y axis.</param>
internal sealed record LineChart(
    string Title, IReadOnlyList<string> Categories, IReadOnlyList<ChartSeries> Series, double Top, string Unit)
{
    private const int Ticks = 4;

    /// <summary>The part of a category's width that its points lie in.</summary>
    private const double Spread = 0.3;

    /// <summary>Okabe and Ito's colours, told apart by colour-blind readers too.</summary>
    private static readonly string[] Palette = ["#000000", "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7f7f7f"];

    /// <summary>The colour of a series.</summary>
    public static string Color(int series) => Palette[series % Palette.Length];

    /// <summary>A full series is a line; from the second round of colours on it is dashed.</summary>
    public static string Dash(int series) => series < Palette.Length ? "" : " stroke-dasharray=\"5 4\"";

    /// <summary>The next of 1, 2, 5, 10, 20, … that the values do not exceed, with room for four ticks.</summary>
    public static double NiceTop(double value)
    {
        if (!(value > 0))
        {
            return 1;
        }

        double power = Math.Pow(10, Math.Floor(Math.Log10(value)));
        return power * ((double[])[1, 2, 4, 6, 8, 10]).First(step => step * power >= value);
    }

    /// <summary>Draws the chart with its corner at a place.</summary>
    public void Draw(StringBuilder svg, double left, double top, double width, double height)
    {
        Append(svg, $"<text class=\"title\" x=\"{left}\" y=\"{top - 14}\">{Escape(Title)}</text>\n");
        for (int tick = 0; tick <= Ticks; tick++)
        {
            double y = top + (height * (Ticks - tick) / Ticks);
            Append(svg, $"<line class=\"grid\" x1=\"{left}\" y1=\"{y:0.#}\" x2=\"{left + width}\" y2=\"{y:0.#}\"/>\n");
            Append(svg, $"<text class=\"tick\" x=\"{left - 8}\" y=\"{y + 4:0.#}\" text-anchor=\"end\">{Top * tick / Ticks:0.##}{Escape(Unit)}</text>\n");
        }

        for (int i = 0; i < Categories.Count; i++)
        {
            Append(svg, $"<text class=\"tick\" x=\"{X(i):0.#}\" y=\"{top + height + 20:0.#}\" text-anchor=\"middle\">{Escape(Categories[i])}</text>\n");
        }

        bool hasBars = Series.SelectMany(series => series.Points).Any(point => point is { } known && !double.IsNaN(known.Low));
        for (int series = 0; series < Series.Count; series++)
        {
            (int Category, ChartPoint Point)[] known =
                [.. Series[series].Points.Select((point, category) => (category, point)).Where(item => item.point is not null).Select(item => (item.category, item.point!.Value))];
            double shift = Series.Count < 2 || !hasBars ? 0 : Spread * ((series / (Series.Count - 1.0)) - 0.5) * width / Categories.Count;
            string points = string.Join(' ', known.Select(item => string.Create(CultureInfo.InvariantCulture, $"{X(item.Category) + shift:0.#},{Y(item.Point.Value):0.#}")));
            Append(svg, $"<polyline fill=\"none\" stroke=\"{Color(series)}\" stroke-width=\"2\"{Dash(series)} points=\"{points}\"/>\n");
            foreach ((int category, ChartPoint point) in known)
            {
                double x = X(category) + shift;
                if (!double.IsNaN(point.Low))
                {
                    Append(svg, $"<path class=\"bar\" stroke=\"{Color(series)}\" d=\"M{x:0.#} {Y(point.Low):0.#}V{Y(point.High):0.#}M{x - 3:0.#} {Y(point.Low):0.#}h6M{x - 3:0.#} {Y(point.High):0.#}h6\"/>\n");
                }

                Append(svg, $"<circle cx=\"{x:0.#}\" cy=\"{Y(point.Value):0.#}\" r=\"3.5\" fill=\"{Color(series)}\"><title>{Escape(Series[series].Name)}, {Escape(Categories[category])}: {point.Value:0.#}{Escape(Unit)}{Escape(point.Note)}</title></circle>\n");
            }
        }

        double X(int category) => left + (width * (category + 0.5) / Categories.Count);

        double Y(double value) => top + (height * (1 - (Math.Clamp(value, 0, Top) / Top)));
    }

    /// <summary>Text as SVG takes it.</summary>
    public static string Escape(string text) => text
        .Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).Replace("\"", "&quot;", StringComparison.Ordinal);

    private static void Append(StringBuilder svg, FormattableString text) => svg.Append(text.ToString(CultureInfo.InvariantCulture));
}
