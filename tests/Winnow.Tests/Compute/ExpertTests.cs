using Winnow.Compute;
using Winnow.Tensors;

namespace Winnow.Tests.Compute;

/// <summary>The mixture of experts of each device equals the reference's.</summary>
public sealed unsafe class ExpertTests
{
    private const int Hidden = 48;
    private const int Inner = 24;

    public static TheoryData<string> Devices => [.. TestDevices.Cpu];

    [Theory]
    [MemberData(nameof(Devices))]
    public void Mixtures_equal_the_reference(string deviceName)
    {
        (int Tokens, int Experts, int Used, bool Normalizes)[] cases = [(1, 4, 1, false), (1, 8, 2, true), (5, 8, 3, false), (64, 16, 4, true), (3, 2, 2, true)];
        foreach ((int tokens, int experts, int used, bool normalizes) in cases)
        {
            float[] values = Values(seed: tokens, count: (experts * 3 * Hidden * Inner) + (tokens * (experts + Hidden)));
            float[] expected = Mix(TestDevices.Reference, values, tokens, experts, used, normalizes);
            double largest = expected.Max(Math.Abs);
            foreach (int steps in new[] { 0, tokens / 2, tokens })
            {
                float[] actual = Mix(deviceName, values, tokens, experts, used, normalizes, steps);
                Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, largest * 1e-5));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Devices))]
    public void A_row_has_the_same_bits_whoever_goes_through_its_experts_beside_it(string deviceName)
    {
        const int Tokens = 64;
        const int Experts = 4;
        const int Shared = Experts * 3 * Hidden * Inner;
        float[] values = Values(seed: 5, count: Shared + (Tokens * (Experts + Hidden)));
        float[] Alone(int row, int steps) => Mix(
            deviceName,
            [
                .. values[..Shared],
                .. values.AsSpan(Shared + (row * Experts), Experts),
                .. values.AsSpan(Shared + (Tokens * Experts) + (row * Hidden), Hidden),
            ],
            1, Experts, 2, true, steps);
        foreach (int steps in new[] { 0, 1, 30, Tokens })
        {
            float[] company = Mix(deviceName, values, Tokens, Experts, 2, true, steps);
            for (int row = 0; row < Tokens; row++)
            {
                Assert.Equal(Alone(row, row < steps ? 1 : 0), company.AsSpan(row * Hidden, Hidden).ToArray());
            }
        }
    }

    [Fact]
    public void Of_equal_scores_the_first_experts_are_taken()
    {
        float[] values = Values(seed: 1, count: (4 * 3 * Hidden * Inner) + 4 + Hidden);
        float[] same = [.. values];
        same.AsSpan(4 * 3 * Hidden * Inner, 4).Fill(0.5f);
        float[] first = [.. same];
        (first[4 * 3 * Hidden * Inner], first[(4 * 3 * Hidden * Inner) + 1]) = (0.6f, 0.6f);
        foreach (string device in TestDevices.All)
        {
            Assert.Equal(Mix(device, first, 1, 4, 2, true), Mix(device, same, 1, 4, 2, true));
        }
    }

    private static float[] Mix(string deviceName, float[] values, int tokens, int experts, int used, bool normalizes, int steps = 0)
    {
        using Device device = TestDevices.Create(deviceName);
        using ComputeStream stream = device.CreateStream();
        int size = Hidden * Inner;
        fixed (float* data = values)
        {
            nint start = (nint)data;
            ExpertMatrix Load(int part, int outputs, int inputs) => device.LoadExperts(
                "experts", TensorType.F32, outputs, inputs, [.. Enumerable.Range(part * experts, experts).Select(i => start + ((nint)i * size * sizeof(float)))]);

            ExpertWeights weights = new(Load(0, Inner, Hidden), Load(1, Inner, Hidden), Load(2, Hidden, Inner), Activation.Silu, used, normalizes);
            Matrix scores = device.AllocateMatrix(tokens, experts);
            Matrix input = device.AllocateMatrix(tokens, Hidden);
            Matrix output = device.AllocateMatrix(tokens, Hidden);
            stream.Write(values.AsSpan(3 * experts * size, tokens * experts), scores);
            stream.Write(values.AsSpan((3 * experts * size) + (tokens * experts), tokens * Hidden), input);
            stream.MixExperts(weights, scores, input, output, steps);
            float[] result = new float[tokens * Hidden];
            stream.Read(output, result);
            foreach (Matrix matrix in (ReadOnlySpan<Matrix>)[scores, input, output])
            {
                matrix.Buffer.Dispose();
            }

            return result;
        }
    }

    private static float[] Values(int seed, int count)
    {
        Random random = new(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (float)((random.NextDouble() * 2) - 1))];
    }
}
