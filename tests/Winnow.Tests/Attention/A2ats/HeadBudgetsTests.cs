using Winnow.Attention.A2ats;

namespace Winnow.Tests.Attention.A2ats;

/// <summary>How much each KV head may read, from what it loses with less.</summary>
public class HeadBudgetsTests
{
    private const int Group = 2;

    [Theory]
    [InlineData(0.002)]
    [InlineData(0.05)]
    [InlineData(0.4)]
    public void Heads_that_lose_nothing_share_equally(double rho) =>
        Assert.All(HeadBudgets.Allocate(new float[6 * HeadBudgets.Levels.Count], Group, rho), budget => Assert.Equal(rho, budget, 1e-6));

    [Fact]
    public void With_everything_to_read_every_head_reads_everything() =>
        Assert.All(HeadBudgets.Allocate(Losses(6, 2, 1, 0.9f, 0.8f, 0.7f), Group, 1), budget => Assert.Equal(1, budget));

    [Fact]
    public void A_head_that_loses_much_reads_everything_and_the_others_share_the_rest()
    {
        double[] budgets = HeadBudgets.Allocate(Losses(20, 3, 1, 0.9f, 0.8f, 0.7f), Group, 0.05);
        Assert.Equal(1, budgets[3]);
        Assert.Single(budgets.Where((_, head) => head != 3).Distinct());
        Assert.Equal(20 * HeadBudgets.Reads(0.05, Group), budgets.Sum(rho => HeadBudgets.Reads(rho, Group)), 1e-6);
    }

    [Fact]
    public void A_head_whose_loss_is_gone_at_a_middle_level_gets_no_more_than_that()
    {
        double[] budgets = HeadBudgets.Allocate(Losses(20, 3, 1, 1, 0, 0), Group, 0.03);
        Assert.InRange(budgets[3], 0.1, 0.3);
        Assert.True(budgets[0] < 0.03);
    }

    [Fact]
    public void Together_heads_never_read_more_than_with_one_budget_for_all()
    {
        Random random = new(3);
        for (int trial = 0; trial < 50; trial++)
        {
            float[] losses = [.. Enumerable.Range(0, 16 * HeadBudgets.Levels.Count).Select(_ => (float)Math.Pow(random.NextDouble(), 8))];
            double rho = Math.Pow(random.NextDouble(), 3);
            double[] budgets = HeadBudgets.Allocate(losses, 4, rho);
            Assert.All(budgets, budget => Assert.InRange(budget, 0, 1));
            Assert.True(budgets.Sum(budget => HeadBudgets.Reads(budget, 4)) <= (16 * HeadBudgets.Reads(rho, 4)) + 1e-6);
        }
    }

    private static float[] Losses(int heads, int precious, params ReadOnlySpan<float> losses)
    {
        float[] all = new float[heads * losses.Length];
        losses.CopyTo(all.AsSpan(precious * losses.Length));
        return all;
    }
}
