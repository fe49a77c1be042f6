using Winnow.Compute;
using Winnow.DeviceTests.Reference;
using Winnow.Tensors;

namespace Winnow.DeviceTests;

/// <summary>What every device must make of a mixture of experts, against the reference device. A device joins by deriving the suite.</summary>
public abstract unsafe class ExpertOperationTests
{
    private const int Hidden = 48;
    private const int Inner = 24;

    /// <summary>Creates the device under test, or skips where this machine has none.</summary>
    private protected abstract Device CreateDevice();

    [Fact]
    public void Mixtures_equal_the_reference()
    {
        (int Tokens, int Experts, int Used, bool Normalizes)[] cases = [(1, 4, 1, false), (1, 8, 2, true), (5, 8, 3, false), (64, 16, 4, true), (3, 2, 2, true)];
        foreach ((int tokens, int experts, int used, bool normalizes) in cases)
        {
            float[] values = Values(seed: tokens, count: (experts * 3 * Hidden * Inner) + (tokens * (experts + Hidden)));
            float[] expected = Mix(new ReferenceDevice(), values, tokens, experts, used, normalizes);
            double largest = expected.Max(Math.Abs);
            foreach (int steps in new[] { 0, tokens / 2, tokens })
            {
                float[] actual = Mix(CreateDevice(), values, tokens, experts, used, normalizes, steps);
                Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, largest * 1e-5));
            }
        }
    }

    /// <summary>Every way to choose and to weight, with and without biases and gates. A device that says what it lacks is asked for the rest.</summary>
    [Theory]
    [InlineData("sigmoid")]
    [InlineData("groups of DeepSeek V2")]
    [InlineData("groups of DeepSeek V3")]
    [InlineData("sparse mixer")]
    [InlineData("scaled input")]
    [InlineData("clamped gates with biases")]
    [InlineData("no gates")]
    [InlineData("scales of experts")]
    public void Routers_equal_the_reference(string form)
    {
        const int Experts = 8;
        ExpertRouter plain = new(Used: 2, NormalizesWeights: true);
        (ExpertRouter router, string extras, Activation activation) = form switch
        {
            "sigmoid" => (plain with { Scoring = RouterScoring.Sigmoid, Scale = 2.5f }, "correction", Activation.Silu),
            "groups of DeepSeek V2" => (new(Used: 3, NormalizesWeights: false) { Groups = 4, GroupsUsed = 2, Scale = 4 }, "", Activation.Silu),
            "groups of DeepSeek V3" => (plain with { Scoring = RouterScoring.Sigmoid, Groups = 4, GroupsUsed = 2, GroupsSumTwo = true }, "correction", Activation.Silu),
            "sparse mixer" => (new(Used: 2, NormalizesWeights: false) { Scoring = RouterScoring.SparseMixer, Reach = 0.3f }, "", Activation.Silu),
            "scaled input" => (new(Used: 1, NormalizesWeights: false) { Scoring = RouterScoring.Sigmoid, ScalesInput = true }, "", Activation.Silu),
            "clamped gates with biases" => (plain, "biases", Activation.ClampedSwish),
            "no gates" => (plain, "no gates", Activation.ReluSquared),
            _ => (plain, "scales", Activation.GeluTanh),
        };
        foreach (int tokens in new[] { 1, 7, 40 })
        {
            float[] values = Values(seed: tokens, count: (Experts * 3 * Hidden * Inner) + (tokens * (Experts + Hidden)));
            float[]? expected = Mix(new ReferenceDevice(), values, tokens, Experts, router, 0, extras, activation);
            foreach (int steps in new[] { 0, tokens / 2, tokens })
            {
                if (Mix(CreateDevice(), values, tokens, Experts, router, steps, extras, activation) is { } actual)
                {
                    double largest = expected!.Max(Math.Abs);
                    Assert.All(expected!.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, largest * 1e-5));
                }
            }
        }
    }

    [Fact]
    public void A_row_has_the_same_bits_whoever_goes_through_its_experts_beside_it()
    {
        const int Tokens = 64;
        const int Experts = 4;
        const int Shared = Experts * 3 * Hidden * Inner;
        float[] values = Values(seed: 5, count: Shared + (Tokens * (Experts + Hidden)));
        float[] Alone(int row, int steps) => Mix(
            CreateDevice(),
            [
                .. values[..Shared],
                .. values.AsSpan(Shared + (row * Experts), Experts),
                .. values.AsSpan(Shared + (Tokens * Experts) + (row * Hidden), Hidden),
            ],
            1, Experts, 2, true, steps);
        foreach (int steps in new[] { 0, 1, 30, Tokens })
        {
            float[] company = Mix(CreateDevice(), values, Tokens, Experts, 2, true, steps);
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
        Assert.Equal(Mix(CreateDevice(), first, 1, 4, 2, true), Mix(CreateDevice(), same, 1, 4, 2, true));
    }

    /// <summary>Scores overflow where a model's numbers make no sense: nothing is written over, and other rows do not notice.</summary>
    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.NegativeInfinity)]
    public void A_row_whose_scores_are_no_numbers_harms_no_other(float score)
    {
        const int Experts = 4;
        const int Scores = Experts * 3 * Hidden * Inner;
        float[] values = Values(seed: 7, count: Scores + (3 * (Experts + Hidden)));
        float[] broken = [.. values];
        broken.AsSpan(Scores + Experts, Experts).Fill(score);
        float[] expected = Mix(CreateDevice(), values, 3, Experts, 2, true);
        float[] actual = Mix(CreateDevice(), broken, 3, Experts, 2, true);
        Assert.Equal(expected[..Hidden], actual[..Hidden]);
        Assert.Equal(expected[(2 * Hidden)..], actual[(2 * Hidden)..]);
    }

    /// <summary>Runs on a device, which is disposed.</summary>
    private static float[] Mix(Device created, float[] values, int tokens, int experts, int used, bool normalizes, int steps = 0) =>
        Mix(created, values, tokens, experts, new ExpertRouter(used, normalizes), steps)!;

    /// <summary>The same with any router; null where the device says that it lacks something.</summary>
    private static float[]? Mix(
        Device created, float[] values, int tokens, int experts, ExpertRouter router, int steps, string extras = "", Activation activation = Activation.Silu)
    {
        using Device device = created;
        using ComputeStream stream = device.CreateStream();
        int size = Hidden * Inner;
        fixed (float* data = values)
        {
            nint start = (nint)data;
            ExpertMatrix Load(int part, int outputs, int inputs) => device.LoadExperts(
                "experts", TensorType.F32, outputs, inputs, [.. Enumerable.Range(part * experts, experts).Select(i => start + ((nint)i * size * sizeof(float)))]);

            using Operands own = new(device, seed: 3);
            bool hasBiases = extras == "biases";
            ExpertWeights weights = new(
                extras == "no gates" ? null : Load(0, Inner, Hidden), Load(1, Inner, Hidden), Load(2, Hidden, Inner), activation, router)
            {
                GateBias = hasBiases ? own.Random(experts, Inner) : null,
                UpBias = hasBiases ? own.Random(experts, Inner) : null,
                DownBias = hasBiases ? own.Random(experts, Hidden) : null,
                Correction = extras == "correction" ? own.Random(1, experts, deviation: 0.3f) : null,
                Scales = extras == "scales" ? own.Random(1, experts) : null,
            };
            if (device.FindMissing(weights) is not null)
            {
                return null;
            }

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
