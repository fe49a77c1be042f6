using System.Numerics.Tensors;
using Winnow.Compute;
using Winnow.Compute.Host;
using Winnow.Lab.Calibration.S3;
using Winnow.Retrieval.Features;
using Winnow.Tests.Compute;
using Winnow.Tests.InstructionSets;

namespace Winnow.Tests.Calibration;

public class AutoencoderTests
{
    private const int Width = 16;
    private const int Latents = 64;
    private const int Active = 4;

    [Fact]
    public void Gradients_equal_finite_differences()
    {
        AutoencoderWeights weights = AutoencoderWeights.Random(Width, Latents, seed: 1);
        Random random = new(2);
        Fill(weights.EncoderBias, random, 0.1f);
        Fill(weights.DecoderBias, random, 0.1f);
        float[] vectors = new float[24 * Width];
        Fill(vectors, random, 2);
        AutoencoderBatch batch = new(weights, Active, 24, threads: 1);
        batch.Run(vectors, 24);
        float[] encoder = new float[Width];
        float[] decoder = new float[Width];
        float[] bias = new float[Width];
        batch.DecoderBiasGradient(bias);
        int feature = Enumerable.Range(0, Latents).MaxBy(item => batch.UsersOf(item).Length);
        float encoderBias = batch.FeatureGradient(feature, encoder, decoder);
        Assert.True(batch.UsersOf(feature).Length > 1);

        for (int i = 0; i < Width; i += 3)
        {
            Same(encoder[i], weights, vectors, () => ref weights.EncoderRow(feature)[i]);
            Same(decoder[i], weights, vectors, () => ref weights.DecoderRow(feature)[i]);
            Same(bias[i], weights, vectors, () => ref weights.DecoderBias[i]);
        }

        Same(encoderBias, weights, vectors, () => ref weights.EncoderBias[feature]);
    }

    [EveryInstructionSet]
    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(33)]
    public void Activations_equal_dot_products(int count)
    {
        AutoencoderWeights weights = AutoencoderWeights.Random(Width, Latents, seed: 3);
        float[] vectors = new float[count * Width];
        Fill(vectors, new Random(4), 1);
        float[] panels = new float[weights.Encoder.Length];
        float[] activations = new float[count * Latents];
        ActivationKernel.Pack(weights.Encoder, Width, panels);
        ActivationKernel.Multiply(vectors, Width, panels, activations);
        for (int i = 0; i < activations.Length; i++)
        {
            Assert.Equal(TensorPrimitives.Dot(weights.EncoderRow(i % Latents), vectors.AsSpan(i / Latents * Width, Width)), activations[i], 1e-5);
        }
    }

    [Fact]
    public void Training_explains_sparse_data_keeps_features_alive_and_does_not_depend_on_threads()
    {
        float[] vectors = SparseData(12_000, seed: 5);
        AutoencoderTraining options = new(Latents, Active, Steps: 800, Batch: 256, LearningRate: 3e-3f);
        AutoencoderTrainer one = new(vectors, Width, options, seed: 6, threads: 1);
        double before = one.Unexplained(vectors);
        AutoencoderQuality quality = one.Train(null, default);
        Assert.InRange(quality.Unexplained, 0, 0.25 * before);
        Assert.InRange(quality.Dead, 0, 0.1);
        Assert.All(Enumerable.Range(0, Latents), feature => Assert.Equal(1, TensorPrimitives.Norm<float>(one.Weights.DecoderRow(feature)), 1e-3));

        AutoencoderTrainer two = new(vectors, Width, options, seed: 6, threads: 2);
        two.Train(null, default);
        Assert.Equal(one.Weights.Encoder, two.Weights.Encoder);
        Assert.Equal(one.Weights.EncoderBias, two.Weights.EncoderBias);
    }

    [Theory]
    [MemberData(nameof(Devices))]
    public void A_device_encodes_into_exactly_k_features_like_the_slow_way(string name)
    {
        Random random = new(7);
        Half[] encoder = [.. Enumerable.Range(0, 320 * 32).Select(_ => (Half)(random.NextSingle() - 0.5f))];
        float[] bias = [.. Enumerable.Range(0, 320).Select(_ => random.NextSingle() * 0.1f)];
        FeatureScale scale = new(new float[32], 1);
        KeyAutoencoder autoencoder = new()
        {
            Projection = new KeyProjection(0, 0),
            Width = 32,
            Latents = 320,
            Active = 8,
            Encoder = encoder,
            Bias = bias,
            Keys = scale,
            Queries = scale,
        };
        const int count = 200;
        float[] vectors = new float[count * 32];
        Fill(vectors, random, 1);
        int[] features = new int[count * 8];
        float[] values = new float[count * 8];
        using Device device = TestDevices.Create(name);
        using ComputeStream stream = device.CreateStream();
        using FeatureEncoder encoding = new(device, autoencoder);
        encoding.Encode(stream, vectors, features, values);

        float[] activations = new float[320];
        int[] expected = new int[8];
        float[] expectedValues = new float[8];
        for (int row = 0; row < count; row++)
        {
            autoencoder.Activate(vectors.AsSpan(row * 32, 32), activations);
            new TopFeatures(8).Select(activations, expected, expectedValues);
            Assert.Equal(8, features.AsSpan(row * 8, 8).ToArray().Distinct().Count());
            for (int i = 0; i < 8; i++)
            {
                // Nearly equal activations may change places.
                Assert.Equal(expectedValues[i], values[(row * 8) + i], 2e-3);
                Assert.Equal(activations[features[(row * 8) + i]], values[(row * 8) + i], 2e-3);
            }
        }
    }

    public static TheoryData<string> Devices() => [.. TestDevices.All];

    [Fact]
    public void Heads_and_their_queries_are_taken_out_of_rows()
    {
        // Two tokens, four query heads over two KV heads of two elements.
        float[] keys = [1, 2, 3, 4, 5, 6, 7, 8];
        float[] queries = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];
        float[] output = new float[4];
        new KeyProjection(0, 1).GatherKeys(keys, 2, 2, output);
        Assert.Equal([3, 4, 7, 8], output);
        new KeyProjection(0, KeyProjection.AllHeads).GatherKeys(keys, 2, 2, output);
        Assert.Equal([2, 3, 6, 7], output);
        new KeyProjection(0, 1).GatherQueries(queries, 4, 2, 2, output);
        Assert.Equal([6, 7, 14, 15], output);
        new KeyProjection(0, KeyProjection.AllHeads).GatherQueries(queries, 4, 2, 2, output);
        Assert.Equal([4, 5, 12, 13], output);
    }

    [Fact]
    public void Scaled_vectors_have_mean_zero_and_a_mean_square_of_one()
    {
        float[] vectors = SparseData(500, seed: 8);
        FeatureScale.Of(vectors, Width).Apply(vectors);
        Assert.Equal(0, vectors.Average(), 1e-4);
        Assert.Equal(1, vectors.Average(value => value * value), 1e-3);
    }

    private delegate ref float Parameter();

    private static void Same(float gradient, AutoencoderWeights weights, float[] vectors, Parameter parameter)
    {
        const float step = 1e-2f;
        float original = parameter();
        parameter() = original + step;
        double above = Loss(weights, vectors);
        parameter() = original - step;
        double below = Loss(weights, vectors);
        parameter() = original;
        double expected = (above - below) / (2 * step);
        Assert.Equal(expected, gradient, 0.02 * Math.Max(1, Math.Abs(expected)));
    }

    /// <summary>The mean loss in float64, written out; which features fire is decided by the unchanged definition.</summary>
    private static double Loss(AutoencoderWeights weights, float[] vectors)
    {
        double loss = 0;
        int count = vectors.Length / Width;
        for (int row = 0; row < count; row++)
        {
            double[] x = [.. vectors.AsSpan(row * Width, Width).ToArray()];
            double[] z = [.. Enumerable.Range(0, Latents).Select(feature =>
                weights.EncoderBias[feature] + Enumerable.Range(0, Width).Sum(i => weights.Encoder[(feature * Width) + i] * (x[i] - weights.DecoderBias[i])))];
            double[] error = [.. Enumerable.Range(0, Width).Select(i => weights.DecoderBias[i] - x[i])];
            foreach (int feature in Enumerable.Range(0, Latents).OrderByDescending(feature => z[feature]).ThenBy(feature => feature).Take(Active))
            {
                for (int i = 0; i < Width; i++)
                {
                    error[i] += Math.Max(z[feature], 0) * weights.Decoder[(feature * Width) + i];
                }
            }

            loss += error.Sum(value => value * value);
        }

        return loss / count;
    }

    private static void Fill(Span<float> values, Random random, float range)
    {
        foreach (ref float value in values)
        {
            value = ((random.NextSingle() * 2) - 1) * range;
        }
    }

    /// <summary>Sums of two of forty directions: what a sparse code of four can describe.</summary>
    private static float[] SparseData(int count, int seed)
    {
        Random random = new(seed);
        float[][] directions = [.. Enumerable.Range(0, 40).Select(_ => Enumerable.Range(0, Width).Select(_ => (random.NextSingle() * 2) - 1).ToArray())];
        float[] vectors = new float[count * Width];
        for (int row = 0; row < count; row++)
        {
            for (int part = 0; part < 2; part++)
            {
                TensorPrimitives.MultiplyAdd(directions[random.Next(40)], 0.5f + random.NextSingle(), vectors.AsSpan(row * Width, Width), vectors.AsSpan(row * Width, Width));
            }
        }

        return vectors;
    }
}
