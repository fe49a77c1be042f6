using Winnow.Compute;
using Winnow.DeviceTests.Reference;
using Winnow.Quantization;
using Winnow.Tensors;

namespace Winnow.DeviceTests;

/// <summary>What every device must make of products with weights of each type, against sums in double precision. A device joins by deriving the suite.</summary>
public abstract unsafe class ProductOperationTests
{
    /// <summary>Error of a device that quantizes activations to eight bits, as a part of the result's deviation.</summary>
    private const double Tolerance = 0.02;

    /// <summary>Every type that weights can be made in here.</summary>
    public static TheoryData<TensorType> Types => [.. BlockTypes.All.Select(row => row.Type).Where(BlockCodec.CanEncode)];

    /// <summary>Creates the device under test, or skips where this machine has none.</summary>
    private protected abstract Device CreateDevice(int threads);

    [Theory]
    [MemberData(nameof(Types))]
    public void Products_are_near_the_exact_ones_and_the_same_in_any_company(TensorType type)
    {
        const int Inputs = 512;
        const int Most = 40;
        using Device device = CreateDevice(2);
        Assert.SkipUnless(device.Multiplies(type), $"{device.Name} refuses weights of type {type}");
        using ReferenceDevice reference = new();
        foreach (int outputs in new[] { 1, 37, 256 })
        {
            byte[] data = Encode(type, outputs, Inputs);
            float[] activations = Normal(seed: outputs, Most * Inputs);
            foreach ((int tokens, int steps) in new[] { (1, 0), (1, 1), (5, 5), (17, 17), (Most, 0), (Most, 9) })
            {
                float[] actual = Multiply(device, data, type, outputs, activations.AsSpan(0, tokens * Inputs), steps);
                float[] exact = Multiply(reference, data, type, outputs, activations.AsSpan(0, tokens * Inputs), steps);
                double deviation = Math.Sqrt(exact.Average(value => (double)value * value));
                double error = Math.Sqrt(exact.Zip(actual, (a, b) => ((double)a - b) * (a - b)).Average());
                Assert.True(error <= Tolerance * deviation, $"{type}, {outputs} outputs, {tokens} tokens, {steps} steps: error {error} of {deviation}");
                int last = tokens - 1;
                float[] alone = Multiply(device, data, type, outputs, activations.AsSpan(last * Inputs, Inputs), last < steps ? 1 : 0);
                Assert.Equal(alone, actual.AsSpan(last * outputs, outputs).ToArray());
            }
        }
    }

    private static float[] Multiply(Device device, byte[] data, TensorType type, int outputs, ReadOnlySpan<float> activations, int steps)
    {
        fixed (byte* first = data)
        {
            int inputs = checked((int)(data.Length / type.SizeBytes(type.BlockLength()) * type.BlockLength() / outputs));
            using ComputeStream stream = device.CreateStream();
            using Weight weight = device.LoadWeight("weight", type, outputs, inputs, (nint)first);
            Matrix input = device.AllocateMatrix(activations.Length / inputs, inputs);
            Matrix output = device.AllocateMatrix(input.Rows, outputs);
            using DeviceBuffer inputMemory = input.Buffer;
            using DeviceBuffer outputMemory = output.Buffer;
            stream.Write(activations, input);
            stream.MatMul(weight, input, output, steps);
            float[] result = new float[output.Rows * outputs];
            stream.Read(output, result);
            return result;
        }
    }

    private static byte[] Encode(TensorType type, int outputs, int inputs)
    {
        byte[] data = new byte[outputs * type.SizeBytes(inputs)];
        fixed (byte* first = data)
        {
            for (int row = 0; row < outputs; row++)
            {
                BlockCodec.Encode(type, Normal(seed: 100 + row, inputs), data.AsSpan(checked((int)(row * type.SizeBytes(inputs))), checked((int)type.SizeBytes(inputs))));
            }
        }

        return data;
    }

    private static float[] Normal(int seed, int count)
    {
        Random random = new(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble())))];
    }
}
