using System.Text.Json;
using System.Xml.Linq;
using Winnow.Cli.Charts;
using Winnow.Cli.Output;
using Winnow.Generation;
using Winnow.Lab.Evaluation;

namespace Winnow.Tests.Evaluation;

public class RulerReportTests
{
    [Fact]
    public void A_score_is_the_mean_over_cases_and_rates_are_over_all_time()
    {
        RulerScore score = new([Outcome("a", 2048, right: true, steps: 10, seconds: 1), Outcome("a", 2048, right: false, steps: 30, seconds: 3)]);

        Assert.Equal(0.5, score.Accuracy);
        Assert.Equal(10, score.DecodeTokensPerSecond);
        Assert.Equal(2000 / 2.0, score.PrefillTokensPerSecond);
        Assert.Equal(0.25, score.AttendedFraction);
        Assert.Equal(2048, score.KvResidentBytes);
    }

    [Fact]
    public void A_run_without_cases_has_a_score_too()
    {
        RulerScore score = new([]);

        Assert.Equal((0, 0, 1, 0, 0), (score.Count, score.Accuracy, score.AttendedFraction, score.DecodeTokensPerSecond, score.KvResidentBytes));
    }

    [Fact]
    public void The_json_has_the_members_of_the_contract()
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream))
        {
            RulerReport.WriteJson(writer, "lab", Results());
        }

        using JsonDocument document = JsonDocument.Parse(stream.ToArray());
        Assert.Equal(2, document.RootElement.GetArrayLength());
        JsonElement first = document.RootElement[0];
        Assert.Equal("lab", first.GetProperty("model").GetString());
        Assert.Equal("full", first.GetProperty("attention").GetString());
        Assert.Equal(4, first.GetProperty("cases").GetInt32());
        Assert.Equal(0.75, first.GetProperty("accuracy").GetDouble());
        JsonElement task = first.GetProperty("by_task").GetProperty("niah_single");
        Assert.Equal(2, task.GetProperty("4096").GetProperty("n").GetInt32());
        Assert.Equal(0.5, task.GetProperty("4096").GetProperty("accuracy").GetDouble());
        Assert.Equal(1, task.GetProperty("8192").GetProperty("n").GetInt32());
        Assert.Equal(1, first.GetProperty("by_task").GetProperty("kv_lookup").GetProperty("8192").GetProperty("accuracy").GetDouble());
        Assert.Equal(0.300642, first.GetProperty("accuracy_95")[0].GetDouble());
        Assert.Equal(0.954413, first.GetProperty("accuracy_95")[1].GetDouble());
        Assert.Equal(0.25, first.GetProperty("attended_fraction").GetDouble());
        Assert.Equal(10, first.GetProperty("decode_tps").GetDouble());
        Assert.Equal(1000, first.GetProperty("prefill_tps").GetDouble());
        Assert.Equal(8192, first.GetProperty("kv_resident_bytes").GetInt64());
        Assert.StartsWith("recycled:", document.RootElement[1].GetProperty("attention").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_table_shows_every_task_and_length()
    {
        using StringWriter output = new();
        RulerReport.WriteText(output, Results());
        string text = output.ToString();

        Assert.Contains("| niah_single", text, StringComparison.Ordinal);
        Assert.Contains("| kv_lookup", text, StringComparison.Ordinal);
        Assert.Contains(" 4K |", text, StringComparison.Ordinal);
        Assert.Contains("75.0 %", text, StringComparison.Ordinal);
        Assert.Contains("3 of 4", text, StringComparison.Ordinal);
        Assert.Contains("30–95 %", text, StringComparison.Ordinal);
    }

    [Fact]
    public void An_outcome_is_one_line_of_json()
    {
        string line = RulerReport.OutcomeLine(Outcome("a", 2048, right: true) with { Output = "two\nlines \"and\" é" });

        Assert.DoesNotContain('\n', line);
        using JsonDocument document = JsonDocument.Parse(line);
        Assert.Equal("two\nlines \"and\" é", document.RootElement.GetProperty("output").GetString());
        Assert.True(document.RootElement.GetProperty("right").GetBoolean());
    }

    [Fact]
    public void The_chart_is_well_formed_and_has_a_line_for_each_method_in_each_panel()
    {
        XDocument chart = XDocument.Parse(RulerChart.Draw(Results(), "lab Q8_0 on <2 threads>"));
        XNamespace svg = "http://www.w3.org/2000/svg";

        XElement[] lines = [.. chart.Descendants(svg + "polyline")];
        Assert.Equal(4, lines.Length);
        string points = lines[0].Attribute("points")!.Value;
        Assert.Equal(2, points.Split(' ').Length);
        // 8K is fully right: the top of the panel. 4K is half right.
        Assert.Equal(["80", "205"], points.Split(' ').Reverse().Select(point => point.Split(',')[1]));
        Assert.Contains(chart.Descendants(svg + "text"), text => text.Value == "8K");
        Assert.Contains(chart.Descendants(svg + "text"), text => text.Value == "lab Q8_0 on <2 threads>; 4 cases, 2 at each length");
        Assert.Contains(chart.Descendants(svg + "text"), text => text.Value.StartsWith("recycled: 3 of 4 right", StringComparison.Ordinal));

        // Accuracy has a bar at each point, speed has none.
        XElement[] bars = [.. chart.Descendants(svg + "path")];
        Assert.Equal(4, bars.Length);
        Assert.All(bars, bar => Assert.Equal("bar", bar.Attribute("class")!.Value));
    }

    [Fact]
    public void Methods_are_called_by_their_names_and_by_their_values_where_those_differ()
    {
        RulerScore score = new(Outcomes());
        RulerResult[] results = [.. ((string[])["full", "recycled:k=64", "recycled:k=32", "token-sparse+delta"]).Select(spec => new RulerResult(AttentionOptions.Parse(spec), score))];
        string[] names = RulerChart.Names(results);
        Assert.Equal("full attention", names[0]);
        Assert.Contains("k=64", names[1], StringComparison.Ordinal);
        Assert.Contains("k=32", names[2], StringComparison.Ordinal);
        Assert.Equal("token-sparse + delta", names[3]);
    }

    [Theory]
    [InlineData(0, 0, 0, 1)]
    [InlineData(0, 10, 0, 0.2775)]
    [InlineData(10, 10, 0.7225, 1)]
    [InlineData(1, 1, 0.2065, 1)]
    [InlineData(5, 10, 0.2366, 0.7634)]
    [InlineData(22, 35, 0.4634, 0.7683)]
    [InlineData(81, 263, 0.2553, 0.3662)]
    public void Intervals_are_Wilsons(int successes, int trials, double low, double high)
    {
        // Values of statsmodels.stats.proportion.proportion_confint(…, method="wilson"), and of Newcombe's 1998 comparison (81 of 263).
        Interval interval = Interval.Of(successes, trials);
        Assert.Equal(low, interval.Low, 4);
        Assert.Equal(high, interval.High, 4);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(double.NaN, 1)]
    [InlineData(0.7, 0.8)]
    [InlineData(38, 40)]
    [InlineData(41, 60)]
    [InlineData(100, 100)]
    [InlineData(999, 1000)]
    public void The_speed_axis_ends_at_a_round_number(double value, double top) => Assert.Equal(top, LineChart.NiceTop(value), 9);

    private static RulerResult[] Results() =>
    [
        new(AttentionOptions.Full, new RulerScore(Outcomes())),
        new(AttentionOptions.Parse("recycled:k=64,stride=4"), new RulerScore(Outcomes())),
    ];

    private static RulerOutcome[] Outcomes() =>
    [
        Outcome("niah_single", 4096, right: true),
        Outcome("niah_single", 4096, right: false),
        Outcome("niah_single", 8192, right: true),
        Outcome("kv_lookup", 8192, right: true),
    ];

    private static RulerOutcome Outcome(string task, int length, bool right, int steps = 10, double seconds = 1) => new()
    {
        Case = EvaluationCaseTests.Case("x") with { Task = task, TargetLength = length },
        Attention = AttentionOptions.Full,
        Output = "",
        IsRight = right,
        PromptTokens = 1000,
        Prefill = TimeSpan.FromSeconds(1),
        DecodeSteps = steps,
        Decode = TimeSpan.FromSeconds(seconds),
        AttendedRows = 25,
        DenseRows = 100,
        KvResidentBytes = length,
    };
}
