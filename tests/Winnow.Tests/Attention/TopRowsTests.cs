using Winnow.Compute.Host.Selection;
using Winnow.Tests.InstructionSets;

namespace Winnow.Tests.Attention;

[EveryInstructionSet]
public class TopRowsTests
{
    public static TheoryData<string> Distributions => ["uniform", "heavy-tailed", "few values", "all equal", "negative", "infinite", "denormal"];

    [Theory]
    [MemberData(nameof(Distributions))]
    public void Selection_equals_a_stable_sort(string distribution)
    {
        TopRows top = new();
        foreach (int count in new[] { 1, 2, 7, 8, 9, 63, 64, 65, 200, 5_000 })
        {
            float[] scores = Scores(distribution, count);
            int[] order = [.. Enumerable.Range(0, count).OrderByDescending(row => scores[row]).ThenBy(row => row)];
            foreach (int k in new[] { 0, 1, 2, count / 3, count / 2, count - 1, count }.Where(k => k <= count))
            {
                int[] rows = new int[k];
                top.Select(scores, rows);
                Assert.Equal(order.Take(k).Order(), rows);

                int[] ranking = new int[k];
                top.SelectRanked(scores, rows, ranking);
                Assert.Equal(order.Take(k).Order(), rows);
                Assert.Equal(order.Take(k), ranking);
            }
        }
    }

    [Fact]
    public void Minus_zero_equals_zero()
    {
        int[] rows = new int[1];
        new TopRows().Select([-0f, 0f], rows);
        Assert.Equal([0], rows);
    }

    [Fact]
    public void More_rows_than_scores_are_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new TopRows().Select([1f], new int[2]));

    private static float[] Scores(string distribution, int count)
    {
        Random random = new(count);
        return [.. Enumerable.Range(0, count).Select(row => distribution switch
        {
            "uniform" => random.NextSingle(),
            "heavy-tailed" => MathF.Exp(-30 * random.NextSingle()),
            "few values" => random.Next(3),
            "all equal" => 0.25f,
            "negative" => random.NextSingle() - 0.5f,
            "infinite" => random.Next(4) switch { 0 => float.PositiveInfinity, 1 => float.NegativeInfinity, _ => random.NextSingle() },
            _ => random.Next(100) * float.Epsilon,
        })];
    }
}
