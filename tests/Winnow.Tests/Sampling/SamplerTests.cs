using Winnow.Sampling;

namespace Winnow.Tests.Sampling;

public class SamplerTests
{
    private const float Never = float.NegativeInfinity;

    /// <summary>Every stage off but the draw.</summary>
    private static readonly SamplingOptions Plain = new() { TopK = 0, TopP = 1, MinP = 0, Temperature = 1, Seed = 5 };

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(37)]
    [InlineData(1000)]
    public void Greedy_takes_the_greatest_logit_and_the_lowest_id_on_ties(int vocabulary)
    {
        Random random = new(vocabulary);
        for (int round = 0; round < 300; round++)
        {
            // Few distinct values, both zeros among them, so that most rounds have ties.
            float[] values = [-0f, 0f, -1, round % 2 == 0 ? 0 : 1];
            float[] logits = [.. Enumerable.Range(0, vocabulary).Select(_ => values[random.Next(values.Length)])];
            int expected = Array.FindIndex(logits, logit => logit == logits.Max());
            Assert.Equal(expected, new Sampler(SamplingOptions.Greedy).Sample(logits));
        }
    }

    [Fact]
    public void Greedy_heeds_bias_penalties_and_dry_but_no_other_stage()
    {
        float[] logits = [1, 5, 4, 3];
        SamplingOptions options = SamplingOptions.Greedy with { XtcProbability = 1, XtcThreshold = 0, TypicalP = 0.01f };
        Assert.Equal(1, new Sampler(options).Sample([.. logits]));
        Assert.Equal(1, new Sampler(options with { Mirostat = 2 }).Sample([.. logits]));

        Dictionary<int, float> forbid = new() { [1] = Never };
        Assert.Equal(2, new Sampler(options with { LogitBias = forbid }).Sample([.. logits]));

        Sampler penalizing = new(options with { LogitBias = forbid, PresencePenalty = 2 });
        penalizing.Accept(2);
        Assert.Equal(3, penalizing.Sample([.. logits]));

        Sampler dry = new(options with { DryMultiplier = 2 });
        dry.AcceptPrompt([0, 3, 1, 0, 3]);
        Assert.Equal(2, dry.Sample([.. logits]));
    }

    [Theory]
    [InlineData(0f)]
    [InlineData(0.8f)]
    public void Logits_that_are_not_numbers_are_an_error(float temperature)
    {
        for (int position = 0; position < 100; position++)
        {
            float[] logits = new float[100];
            logits[position] = float.NaN;
            Sampler sampler = new(new SamplingOptions { Temperature = temperature });
            WinnowException error = Assert.Throws<WinnowException>(() => sampler.Sample(logits));
            Assert.Contains("NaN", error.Message, StringComparison.Ordinal);
            Array.Clear(logits);
            logits[position] = float.PositiveInfinity;
            error = Assert.Throws<WinnowException>(() => sampler.Sample(logits));
            Assert.Contains("infinite", error.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(0f)]
    [InlineData(0.8f)]
    public void When_every_token_is_ruled_out_it_says_so(float temperature)
    {
        Sampler sampler = new(new SamplingOptions { Temperature = temperature });
        WinnowException error = Assert.Throws<WinnowException>(() => sampler.Sample([Never, Never, Never]));
        Assert.Contains("rule out every one", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => sampler.Sample([]));
    }

    public static TheoryData<SamplingOptions> Extremes => new()
    {
        new SamplingOptions(),
        Plain,
        SamplingOptions.Greedy,
        new SamplingOptions { TopP = 0, MinP = 1, TypicalP = 0 },
        new SamplingOptions { TopK = int.MaxValue, MinKeep = int.MaxValue, TypicalP = 0.5f },
        new SamplingOptions { TopNSigma = 0.001f, XtcProbability = 1, XtcThreshold = 0 },
        new SamplingOptions { Temperature = float.Epsilon },
        new SamplingOptions { Temperature = 0.5f, DynamicTemperatureRange = 0.5f },
        new SamplingOptions { Mirostat = 2, MirostatTau = 0 },
    };

    [Theory]
    [MemberData(nameof(Extremes), DisableDiscoveryEnumeration = true)]
    public void A_token_that_is_the_only_one_is_always_chosen(SamplingOptions options)
    {
        Sampler sampler = new(options);
        for (int round = 0; round < 20; round++)
        {
            Assert.Equal(0, sampler.Sample([-123f]));
            Assert.Equal(2, sampler.Sample([Never, Never, 7f, Never]));
            sampler.Accept(2);
        }
    }

    public static TheoryData<SamplingOptions> Chains => new()
    {
        Plain,
        Plain with { Temperature = 0.3f },
        Plain with { Temperature = 3 },
        Plain with { TopK = 5 },
        Plain with { TopP = 0.7f },
        Plain with { MinP = 0.2f },
        Plain with { TypicalP = 0.6f },
        Plain with { TopNSigma = 1.2f },
        Plain with { TopP = 0.1f, MinKeep = 4 },
        new SamplingOptions { Seed = 11 },
        new SamplingOptions { Seed = 12, TopNSigma = 2, TypicalP = 0.9f, MinKeep = 3 },
    };

    [Theory]
    [MemberData(nameof(Chains), DisableDiscoveryEnumeration = true)]
    public void Tokens_come_as_often_as_the_chain_says(SamplingOptions options)
    {
        float[] logits = RandomLogits.Normal(new Random(3), 60, 2);
        double[] expected = SlowChain.Probabilities(logits, options);
        Sampler sampler = new(options);
        const int Draws = 40_000;
        int[] counts = new int[logits.Length];
        float[] buffer = new float[logits.Length];
        for (int i = 0; i < Draws; i++)
        {
            logits.CopyTo(buffer, 0);
            counts[sampler.Sample(buffer)]++;
        }

        // Rare tokens share a bin; the Wilson-Hilferty cube brings chi-square to a normal variable: 4 is one seed in 30,000.
        double chiSquare = 0;
        double rareExpected = 0;
        int rareCount = 0;
        int bins = 0;
        for (int id = 0; id < logits.Length; id++)
        {
            Assert.True(expected[id] > 0 || counts[id] == 0, $"token {id} came {counts[id]} times, but was removed");
            if (expected[id] * Draws < 10)
            {
                rareExpected += expected[id] * Draws;
                rareCount += counts[id];
                continue;
            }

            chiSquare += Math.Pow(counts[id] - (expected[id] * Draws), 2) / (expected[id] * Draws);
            bins++;
        }

        if (rareExpected >= 5)
        {
            chiSquare += Math.Pow(rareCount - rareExpected, 2) / rareExpected;
            bins++;
        }

        double freedom = Math.Max(1, bins - 1);
        double normal = (Math.Cbrt(chiSquare / freedom) - (1 - (2 / (9 * freedom)))) / Math.Sqrt(2 / (9 * freedom));
        Assert.True(normal < 4, $"chi-square {chiSquare:F1} with {freedom} degrees of freedom, seed {options.Seed}");
    }

    [Fact]
    public void Xtc_acts_as_often_as_its_probability_says()
    {
        Sampler sampler = new(Plain with { XtcProbability = 0.3f });
        int best = 0;
        for (int i = 0; i < 20_000; i++)
        {
            best += sampler.Sample([3, 2.5f, -50]) == 0 ? 1 : 0;
        }

        // Where XTC acts, the best is never chosen. Four standard deviations of the binomial.
        double p = 0.7 / (1 + Math.Exp(-0.5));
        Assert.InRange(best, 20_000 * p - 4 * Math.Sqrt(20_000 * p * (1 - p)), 20_000 * p + 4 * Math.Sqrt(20_000 * p * (1 - p)));
    }

    [Fact]
    public void Mirostat_brings_the_mean_surprise_to_its_target()
    {
        float[] logits = RandomLogits.Normal(new Random(8), 2000, 3);
        double max = logits.Max();
        double normalizer = max + Math.Log(logits.Sum(logit => Math.Exp(logit - max)));
        foreach (float tau in new[] { 2f, 4f })
        {
            Sampler sampler = new(new SamplingOptions { Mirostat = 2, MirostatTau = tau, Temperature = 1, Seed = 9 });
            double observed = 0;
            const int Draws = 5000;
            for (int i = 0; i < Draws; i++)
            {
                Candidates left = sampler.Narrow([.. logits]);
                left.Softmax();
                double kept = left.Ids.ToArray().Sum(id => Math.Exp(logits[id] - normalizer));
                int token = sampler.Sample([.. logits]);
                observed -= Math.Log2(Math.Exp(logits[token] - normalizer) / kept) / Draws;
            }

            Assert.Equal(tau, observed, 0.05);
        }
    }

    [Fact]
    public void A_seed_gives_the_same_tokens_again_and_after_a_reset()
    {
        SamplingOptions options = new() { Seed = 77, RepeatPenalty = 1.3f, DryMultiplier = 1, XtcProbability = 0.5f };
        Sampler first = new(options);
        Sampler second = new(options);
        int[] tokens = Generate(first, 200);
        Assert.Equal(tokens, Generate(second, 200));
        first.Reset();
        Assert.Equal(tokens, Generate(first, 200));
        Assert.NotEqual(tokens, Generate(new Sampler(options with { Seed = 78 }), 200));
    }

    [Fact]
    public void A_random_seed_is_told_so_that_the_run_can_be_repeated()
    {
        Sampler random = new(new SamplingOptions());
        Sampler again = new(new SamplingOptions { Seed = random.Seed });
        Assert.NotEqual(random.Seed, new Sampler(new SamplingOptions()).Seed);
        Assert.Equal(Generate(random, 100), Generate(again, 100));
    }

    [Fact]
    public void A_bias_for_a_token_outside_the_vocabulary_is_an_error()
    {
        Sampler sampler = new(new SamplingOptions { LogitBias = new Dictionary<int, float> { [4] = 1 } });
        WinnowException error = Assert.Throws<WinnowException>(() => sampler.Sample(new float[4]));
        Assert.Contains("token 4", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_negative_id_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new Sampler(new SamplingOptions()).Accept(-1));
    }

    [Theory]
    [MemberData(nameof(Extremes), DisableDiscoveryEnumeration = true)]
    public void A_token_allocates_nothing(SamplingOptions options)
    {
        Sampler sampler = new(options with
        {
            LogProbabilities = true,
            RepeatPenalty = 1.2f,
            DryMultiplier = 1,
            LogitBias = new Dictionary<int, float> { [3] = 1 },
        }, constraint: new EvenOnly());
        float[] logits = RandomLogits.Normal(new Random(4), 5000, 2);
        float[] buffer = new float[logits.Length];
        TokenLogProbability[] top = new TokenLogProbability[5];
        long Step()
        {
            logits.CopyTo(buffer, 0);
            int token = sampler.Sample(buffer);
            sampler.LogProbability(token);
            sampler.TopLogProbabilities(top);
            sampler.Accept(token);
            return GC.GetAllocatedBytesForCurrentThread();
        }

        for (int warmUp = 0; warmUp < 100; warmUp++)
        {
            Step();
        }

        long before = Step();
        for (int i = 0; i < 200; i++)
        {
            Step();
        }

        Assert.Equal(before, Step());
    }

    private static int[] Generate(Sampler sampler, int count)
    {
        float[] logits = RandomLogits.Normal(new Random(2), 300, 1.5);
        int[] tokens = new int[count];
        for (int i = 0; i < count; i++)
        {
            tokens[i] = sampler.Sample([.. logits]);
            sampler.Accept(tokens[i]);
        }

        return tokens;
    }

    private sealed class EvenOnly : ILogitsConstraint
    {
        public bool Allows(int token) => token % 2 == 0;

        public void Apply(Span<float> logits)
        {
            for (int odd = 1; odd < logits.Length; odd += 2)
            {
                logits[odd] = Never;
            }
        }

        public void Accept(int token) => Assert.True(Allows(token));

        public ILogitsConstraint Begin() => this;
    }
}
