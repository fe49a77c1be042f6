using Winnow.Compute.Host;
using Winnow.Sampling;
using Winnow.Sampling.Stages;
using Winnow.Tests.InstructionSets;

namespace Winnow.Tests.Sampling;

/// <summary>Stages on vocabularies too large for golden files, against sorting everything.</summary>
public class SelectionTests
{
    public static TheoryData<int, int> VocabulariesAndK()
    {
        TheoryData<int, int> data = [];
        foreach (int vocabulary in new[] { 1, 2, 31, 32, 33, 64, 127, 1000, 40_001 })
        {
            foreach (int k in new[] { 0, 1, 2, 40, 1000, vocabulary - 1, vocabulary, vocabulary + 1 })
            {
                data.Add(vocabulary, Math.Max(0, k));
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(VocabulariesAndK))]
    [EveryInstructionSet]
    public void Top_k_takes_the_greatest_logits_and_the_lower_ids_on_ties(int vocabulary, int k)
    {
        Random random = new((vocabulary * 7) + k);
        float[] normal = RandomLogits.Normal(random, vocabulary, 3);
        float[] tied = [.. normal.Select(logit => MathF.Round(logit))];
        float[] masked = [.. tied.Select(logit => logit < 1 && random.Next(2) == 0 ? float.NegativeInfinity : logit)];
        float[][] inputs = [normal, tied, masked, [.. normal.Order()], [.. normal.OrderDescending()]];
        Candidates candidates = new();
        foreach (float[] logits in inputs)
        {
            TopK.Select(logits, float.MinValue, k, candidates);

            IEnumerable<int> expected = Enumerable.Range(0, vocabulary)
                .Where(id => logits[id] > float.NegativeInfinity)
                .OrderByDescending(id => logits[id])
                .ThenBy(id => id)
                .Take(k == 0 ? vocabulary : k);
            Assert.Equal(expected.Order(), candidates.Ids.ToArray().Order());
            Assert.All(candidates.Ids.ToArray().Zip(candidates.Logits.ToArray()), c => Assert.Equal(logits[c.First], c.Second));
        }
    }

    [Theory]
    [InlineData(0.5f)]
    [InlineData(2f)]
    [InlineData(6f)]
    [EveryInstructionSet]
    public void Top_n_sigma_measures_only_finite_logits(float n)
    {
        for (int vocabulary = 1; vocabulary < 200; vocabulary++)
        {
            Random random = new(vocabulary);
            float[] normal = RandomLogits.Normal(random, vocabulary, 3);
            float[] logits = [.. normal.Select(x => random.Next(4) == 0 ? float.NegativeInfinity : x + 20)];
            logits[^1] = 20;
            double[] finite = [.. logits.Where(float.IsFinite).Select(x => (double)x)];
            double mean = finite.Average();
            double expected = finite.Max() - (n * Math.Sqrt(finite.Average(x => (x - mean) * (x - mean))));
            Assert.Equal(expected, TopNSigma.Floor(logits, logits.Max(), n), 1e-4);
        }
    }

    [Theory]
    [InlineData(0.3f)]
    [InlineData(0.9f)]
    [InlineData(0.999f)]
    public void Large_vocabularies_without_top_k_give_the_same_as_sorting_everything(float p)
    {
        float[] logits = RandomLogits.Normal(new Random(6), 30_000, 2.5);
        foreach (SamplingOptions stage in new[]
        {
            new SamplingOptions { TopP = p, TypicalP = 1 },
            new SamplingOptions { TopP = 1, TypicalP = p },
            new SamplingOptions { TopP = p, TypicalP = p, MinKeep = 100 },
        })
        {
            SamplingOptions options = stage with { TopK = 0, MinP = 0, Temperature = 1 };
            double[] expected = SlowChain.Probabilities(logits, options);
            Candidates left = new Sampler(options).Narrow([.. logits]);
            left.Softmax();

            // Where exactly the mass is reached is a matter of rounding: the last token may differ.
            Assert.InRange(left.Count - expected.Count(probability => probability > 0), -1, 1);
            int disagreements = 0;
            for (int i = 0; i < left.Count; i++)
            {
                disagreements += Math.Abs(left.Probabilities[i] - expected[left.Ids[i]]) <= 1e-4 * expected[left.Ids[i]] ? 0 : 1;
            }

            Assert.InRange(disagreements, 0, 1);
        }
    }

    [Fact]
    public void Ranks_order_logits_as_numbers_and_give_them_back()
    {
        float[] values = [float.NegativeInfinity, float.MinValue, -1.5f, -float.Epsilon, 0, float.Epsilon, 2, float.MaxValue];
        for (int i = 0; i < values.Length; i++)
        {
            Assert.Equal(values[i], Rank.Logit(Rank.Of(values[i], 3)));
            Assert.Equal(12345, Rank.Index(Rank.Of(values[i], 12345)));
            Assert.True(i == 0 || Rank.Of(values[i], 9) > Rank.Of(values[i - 1], 2));
        }

        Assert.True(Rank.Of(1, 4) > Rank.Of(1, 5));
        Assert.Equal(Rank.Of(0f, 1), Rank.Of(-0f, 1));
    }
}
