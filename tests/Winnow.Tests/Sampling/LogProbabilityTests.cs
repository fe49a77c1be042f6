using Winnow.Sampling;

namespace Winnow.Tests.Sampling;

public class LogProbabilityTests
{
    [Fact]
    public void They_are_the_log_softmax_of_the_unmodified_logits()
    {
        float[] logits = RandomLogits.Normal(new Random(1), 3001, 4);
        Dictionary<int, float> bias = new() { [5] = 30, [6] = float.NegativeInfinity };
        Sampler sampler = new(new SamplingOptions { LogProbabilities = true, LogitBias = bias, Temperature = 0.1f });
        int token = sampler.Sample([.. logits]);

        double max = logits.Max();
        double normalizer = max + Math.Log(logits.Sum(logit => Math.Exp(logit - max)));
        Assert.Equal(5, token);
        for (int id = 0; id < logits.Length; id++)
        {
            Assert.Equal(logits[id] - normalizer, sampler.LogProbability(id), 1e-5);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(20)]
    [InlineData(3000)]
    public void The_top_ones_come_in_order_the_lower_id_first_on_ties(int count)
    {
        float[] logits = [.. RandomLogits.Normal(new Random(2), 500, 4).Select(logit => MathF.Round(logit))];
        logits[7] = float.NegativeInfinity;
        Sampler sampler = new(new SamplingOptions { LogProbabilities = true });
        sampler.Sample([.. logits]);
        TokenLogProbability[] top = new TokenLogProbability[count];

        int written = sampler.TopLogProbabilities(top);

        IEnumerable<int> possible = Enumerable.Range(0, 500).Where(id => id != 7);
        IEnumerable<int> expected = possible.OrderByDescending(id => logits[id]).ThenBy(id => id).Take(count);
        Assert.Equal(expected, top.Take(written).Select(entry => entry.Token));
        Assert.All(top.Take(written), entry => Assert.Equal(sampler.LogProbability(entry.Token), entry.LogProbability));
    }

    [Fact]
    public void They_are_refused_when_not_asked_for_or_before_the_first_token()
    {
        Sampler off = new(SamplingOptions.Greedy);
        off.Sample([1, 2]);
        Assert.Throws<InvalidOperationException>(() => off.LogProbability(0));
        Sampler on = new(SamplingOptions.Greedy with { LogProbabilities = true });
        Assert.Throws<InvalidOperationException>(() => on.TopLogProbabilities(new TokenLogProbability[1]));
        on.Sample([1, 2]);
        Assert.Throws<ArgumentOutOfRangeException>(() => on.LogProbability(2));
        Assert.Throws<ArgumentOutOfRangeException>(() => on.LogProbability(-1));
    }
}
