using Winnow.Compute;
using Winnow.Compute.Host;
using Winnow.Compute.Host.Selection;

namespace Winnow.Tests.Attention.A2ats;

public class CodebookTests
{
    private const int Dimension = 32;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_code_names_the_centroid_with_the_smallest_expected_squared_error_of_a_score(bool weighted)
    {
        double[] moments = weighted ? SyntheticHeads.Moments(Dimension, seed: 5) : SyntheticHeads.Identity(Dimension);
        float[] keys = SyntheticHeads.Rows(500, Dimension, seed: 6);
        CodebookData data = CodebookData.Train([.. keys], moments, Dimension, count: 20, iterations: 5, seed: 1);
        ushort[] codes = new ushort[500];
        new Codebook(data).Encode(keys, Dimension, codes);
        for (int i = 0; i < codes.Length; i++)
        {
            double[] errors = [.. Enumerable.Range(0, 20).Select(c => Error(keys.AsSpan(i * Dimension, Dimension), data, c, moments))];
            Assert.Equal(errors.Min(), errors[codes[i]], 1e-3 * errors.Min());
        }
    }

    [Fact]
    public void With_a_centroid_for_every_key_a_table_holds_the_exact_windowed_rope_scores()
    {
        float[] keys = SyntheticHeads.Rows(100, Dimension, seed: 7);
        RopeFrequencies rope = new([.. Enumerable.Range(0, Dimension / 2).Select(i => MathF.Pow(10_000, -2f * i / Dimension))], interleaved: false);
        float[] query = SyntheticHeads.Rows(1, Dimension, seed: 8);
        new ConstantRotation(rope, 2048).Rotate(query);
        Codebook codebook = new(new CodebookData(new float[Dimension], Lower(SyntheticHeads.Identity(Dimension)), keys, keys));
        ushort[] codes = new ushort[100];
        float[] table = new float[codebook.TableLength];
        codebook.Encode(keys, Dimension, codes);
        codebook.FillTables(query, table);
        for (int j = 0; j < codes.Length; j++)
        {
            Assert.Equal(j, codes[j]);
            Assert.Equal(SyntheticHeads.Dot(query, keys.AsSpan(j * Dimension, Dimension)), table[codes[j]], 1e-4);
        }
    }

    [Fact]
    public void Each_iteration_of_lloyd_brings_the_objective_down()
    {
        float[] points = SyntheticHeads.Rows(2000, Dimension, seed: 9);
        double[] objectives = [.. Enumerable.Range(0, 8).Select(iterations =>
            MeanSquaredDistance(points, new KMeans(points, Dimension).Fit(40, iterations, seed: 2)))];
        for (int i = 1; i < objectives.Length; i++)
        {
            Assert.True(objectives[i] <= objectives[i - 1] * (1 + 1e-6), $"iteration {i}: {objectives[i]} after {objectives[i - 1]}");
        }

        Assert.True(objectives[3] < 0.99 * objectives[0], $"{objectives[3]} after three iterations, {objectives[0]} before");
    }

    [Fact]
    public void Equal_seeds_give_equal_codebooks()
    {
        float[] keys = SyntheticHeads.Rows(300, Dimension, seed: 10);
        double[] moments = SyntheticHeads.Moments(Dimension, seed: 11);
        Assert.Equal(
            CodebookData.Train([.. keys], moments, Dimension, 16, 5, seed: 3).ScoreCentroids,
            CodebookData.Train([.. keys], moments, Dimension, 16, 5, seed: 3).ScoreCentroids);
    }

    [Fact]
    public void Scores_of_unseen_keys_and_queries_are_closer_with_query_aware_codebooks_than_with_plain_ones()
    {
        Func<int, float> queryScale = i => i < 6 ? 3 : 0.2f;
        QueryMoments moments = new(Dimension);
        float[] seen = SyntheticHeads.Rows(2000, Dimension, seed: 12, queryScale);
        for (int i = 0; i < seen.Length; i += Dimension)
        {
            moments.Add(seen.AsSpan(i, Dimension));
        }

        float[] keys = SyntheticHeads.Rows(4000, Dimension, seed: 13);
        float[] unseenKeys = SyntheticHeads.Rows(500, Dimension, seed: 14);
        float[] unseenQueries = SyntheticHeads.Rows(50, Dimension, seed: 15, queryScale);
        double weighted = ScoreError(CodebookData.Train([.. keys], moments.Normalized(), Dimension, 64, 20, seed: 4), unseenKeys, unseenQueries);
        double plain = ScoreError(CodebookData.Train([.. keys], SyntheticHeads.Identity(Dimension), Dimension, 64, 20, seed: 4), unseenKeys, unseenQueries);
        Assert.True(weighted < 0.7 * plain, $"weighted {weighted}, plain {plain}");
    }

    [Fact]
    public void A_large_common_offset_of_keys_does_not_cost_precision()
    {
        float[] keys = SyntheticHeads.Rows(400, Dimension, seed: 16);
        double[] moments = SyntheticHeads.Moments(Dimension, seed: 17);
        ushort[] codes = new ushort[400];
        ushort[] offsetCodes = new ushort[400];
        float[] offset = [.. keys.Select((value, i) => value + (i % Dimension == 3 ? 512 : 0))];
        new Codebook(CodebookData.Train([.. keys], moments, Dimension, 32, 10, seed: 5)).Encode(keys, Dimension, codes);
        new Codebook(CodebookData.Train([.. offset], moments, Dimension, 32, 10, seed: 5)).Encode(offset, Dimension, offsetCodes);
        int same = codes.Zip(offsetCodes).Count(pair => pair.First == pair.Second);
        Assert.True(same >= 396, $"{same} of 400 codes are the same");
    }

    private static float[] Lower(double[] moments) => Array.ConvertAll(Cholesky.Factor(moments, Dimension), value => (float)value);

    /// <summary>(k − m − ĉ) H (k − m − ĉ)ᵀ.</summary>
    private static double Error(ReadOnlySpan<float> key, CodebookData data, int centroid, double[] moments)
    {
        double[] difference = new double[Dimension];
        for (int i = 0; i < Dimension; i++)
        {
            difference[i] = key[i] - data.Mean[i] - data.ScoreCentroids[(centroid * Dimension) + i];
        }

        double sum = 0;
        for (int row = 0; row < Dimension; row++)
        {
            for (int column = 0; column < Dimension; column++)
            {
                sum += difference[row] * moments[(row * Dimension) + column] * difference[column];
            }
        }

        return sum;
    }

    /// <summary>Mean of (q̃·k − q̃·(ĉ + m))².</summary>
    private static double ScoreError(CodebookData data, float[] keys, float[] queries)
    {
        ushort[] codes = new ushort[keys.Length / Dimension];
        new Codebook(data).Encode(keys, Dimension, codes);
        double sum = 0;
        for (int q = 0; q < queries.Length; q += Dimension)
        {
            ReadOnlySpan<float> query = queries.AsSpan(q, Dimension);
            for (int j = 0; j < codes.Length; j++)
            {
                double error = SyntheticHeads.Dot(query, keys.AsSpan(j * Dimension, Dimension))
                    - SyntheticHeads.Dot(query, data.ScoreCentroids.AsSpan(codes[j] * Dimension, Dimension)) - SyntheticHeads.Dot(query, data.Mean);
                sum += error * error;
            }
        }

        return sum / codes.Length / (queries.Length / Dimension);
    }

    /// <summary>Of each point to the nearest centroid.</summary>
    private static double MeanSquaredDistance(float[] points, float[] centroids) =>
        points.Chunk(Dimension).Average(point => centroids.Chunk(Dimension).Min(centroid => point.Zip(centroid, (a, b) => (double)(a - b) * (a - b)).Sum()));
}
