using Winnow.Sampling;

namespace Winnow.Tests.Sampling;

/// <summary>Penalties and DRY over long histories, against definitions that look at every pair of tokens.</summary>
public class RepetitionTests
{
    private const int Vocabulary = 6;

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(64)]
    public void Penalties_count_the_tokens_of_the_window(int lastN)
    {
        Random random = new(lastN);
        SamplingOptions options = Neutral() with
        {
            RepeatLastN = lastN,
            RepeatPenalty = 1.3f,
            FrequencyPenalty = 0.25f,
            PresencePenalty = 0.5f,
        };
        Sampler sampler = new(options);
        List<int> history = [];
        for (int step = 0; step < 300; step++)
        {
            history.Add(random.Next(Vocabulary));
            sampler.Accept(history[^1]);
            float[] logits = RandomLogits.Normal(random, Vocabulary, 2);
            double[] expected = [.. logits];
            foreach (IGrouping<int, int> token in history.TakeLast(lastN).GroupBy(id => id))
            {
                double logit = expected[token.Key];
                expected[token.Key] = (logit > 0 ? logit / 1.3 : logit * 1.3) - (0.25 * token.Count()) - 0.5;
            }

            AssertLogits(expected, sampler, logits);
        }
    }

    [Theory]
    [InlineData(1, 5)]
    [InlineData(2, 30)]
    [InlineData(3, 200)]
    public void Dry_penalizes_what_would_continue_the_longest_repetition(int allowedLength, int lastN)
    {
        Random random = new(lastN);
        SamplingOptions options = Neutral() with
        {
            DryMultiplier = 0.7f,
            DryBase = 1.5f,
            DryAllowedLength = allowedLength,
            DryPenaltyLastN = lastN,
        };
        Sampler sampler = new(options);
        List<int> history = [];
        for (int step = 0; step < 250; step++)
        {
            // Now and then a stretch of the past again.
            history.Add(step > 20 && step % 30 > 15 ? history[step - 13] : random.Next(Vocabulary));
            sampler.Accept(history[^1]);
            int[] window = [.. history.TakeLast(lastN)];
            float[] logits = RandomLogits.Normal(random, Vocabulary, 2);
            double[] expected = [.. logits];
            for (int token = 0; token < Vocabulary; token++)
            {
                int longest = 0;
                for (int at = 1; at < window.Length; at++)
                {
                    int length = 0;
                    while (length < at && window[at - 1 - length] == window[^(1 + length)])
                    {
                        length++;
                    }

                    longest = window[at] == token ? Math.Max(longest, length) : longest;
                }

                expected[token] -= longest >= allowedLength ? 0.7 * Math.Pow(1.5, longest - allowedLength) : 0;
            }

            AssertLogits(expected, sampler, logits);
        }
    }

    [Fact]
    public void A_long_repetition_does_not_overflow()
    {
        Sampler sampler = new(Neutral() with { DryMultiplier = 1, DryBase = 100, DryPenaltyLastN = 1000 });
        for (int i = 0; i < 1000; i++)
        {
            sampler.Accept(1);
        }

        Assert.NotEqual(1, sampler.Sample([1, 100, 1]));
    }

    [Fact]
    public void Tokens_beyond_the_vocabulary_are_remembered_but_have_no_logit()
    {
        Sampler sampler = new(Neutral() with { DryMultiplier = 1, PresencePenalty = 1 });
        sampler.AcceptPrompt([9, 2, 9, 2, 9, 2]);
        AssertLogits([0, 0, -1], sampler, [0, 0, 0]);
    }

    [Fact]
    public void Breakers_are_found_inside_tokens_and_across_them()
    {
        // "ab|" holds "|"; "x<" and "<" begin "<>", whose rest is ">"; "é" begins in one token and ends in the next.
        string[] pieces = ["ab|", "x<", ">", "<", "y"];
        byte[][] bytes = [.. pieces.Select(System.Text.Encoding.UTF8.GetBytes), [0xC3], [0xA9]];
        DrySequenceBreakers breakers = DrySequenceBreakers.Create(
            ["|", "<>", "é"], bytes.Length, token => bytes[token], text => [Array.IndexOf(pieces, text)]);

        Assert.True(breakers.IsBreaker(0));
        Assert.False(breakers.IsBreaker(1));
        Assert.Equal(0, breakers.DistanceToLastBreaker([0, 4]));
        Assert.Equal(1, breakers.DistanceToLastBreaker([4, 2, 1, 4]));
        Assert.Equal(0, breakers.DistanceToLastBreaker([2, 3]));
        Assert.Equal(3, breakers.DistanceToLastBreaker([4, 1, 2]));
        Assert.Equal(2, DrySequenceBreakers.None.DistanceToLastBreaker([0, 0]));
        Assert.Throws<ArgumentException>(() => DrySequenceBreakers.Create([""], 1, _ => [], _ => []));
    }

    private static SamplingOptions Neutral() => new() { TopK = 0, TopP = 1, MinP = 0, Temperature = 1 };

    private static void AssertLogits(double[] expected, Sampler sampler, float[] logits)
    {
        Candidates left = sampler.Narrow(logits);
        double max = expected.Max();
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i] - max, left.Logits[i], 1e-3);
        }
    }
}
