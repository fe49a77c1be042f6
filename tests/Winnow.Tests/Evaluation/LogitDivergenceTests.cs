using Winnow.Lab.Evaluation;

namespace Winnow.Tests.Evaluation;

public class LogitDivergenceTests
{
    [Fact]
    public void Divergence_equals_a_value_computed_by_hand()
    {
        // p = (1/2, 1/4, 1/4), q = (1/4, 1/4, 1/2): ½ ln 2 + 0 + ¼ ln ½ = ¼ ln 2. A constant added to logits changes nothing.
        float[] p = [MathF.Log(2) + 10, 10, 10];
        float[] q = [-5, -5, MathF.Log(2) - 5];

        Assert.Equal(0.25 * Math.Log(2), LogitDivergence.KullbackLeibler(p, q), 6);
    }

    [Fact]
    public void Divergence_is_not_symmetric_and_never_negative()
    {
        float[] sure = [10, 0, 0, 0];
        float[] unsure = [1, 0, 0, 0];

        double toUnsure = LogitDivergence.KullbackLeibler(sure, unsure);
        double toSure = LogitDivergence.KullbackLeibler(unsure, sure);

        Assert.NotEqual(toUnsure, toSure, 2);
        Assert.True(toUnsure > 0 && toSure > 0);
        Assert.Equal(0, LogitDivergence.KullbackLeibler(sure, sure));
    }

    [Fact]
    public void Great_logits_do_not_overflow()
    {
        float[] logits = [1e4f, 1e4f, -1e4f];

        Assert.Equal(Math.Log(2), LogitDivergence.NegativeLogLikelihood(logits, 0), 9);
        Assert.Equal(2e4 + Math.Log(2), LogitDivergence.NegativeLogLikelihood(logits, 2), 6);
        Assert.Equal(0, LogitDivergence.KullbackLeibler(logits, logits));
    }

    [Fact]
    public void Likelihood_of_equal_logits_is_the_vocabulary_size() =>
        Assert.Equal(Math.Log(8192), LogitDivergence.NegativeLogLikelihood(new float[8192], 17), 9);

    [Theory]
    [InlineData(0.99, 99)]
    [InlineData(0.5, 50)]
    [InlineData(1, 100)]
    [InlineData(0, 1)]
    public void A_quantile_is_the_nearest_rank(double part, double expected) =>
        Assert.Equal(expected, LogitDivergence.Quantile([.. Enumerable.Range(1, 100).Reverse().Select(i => (double)i)], part));

    [Fact]
    public void The_quantile_of_few_values_is_the_greatest() => Assert.Equal(3, LogitDivergence.Quantile([1, 3, 2], 0.99));
}
