using System.Runtime.InteropServices;
using Winnow.Cache;
using Winnow.Compute;
using Winnow.Compute.Cpu;
using Winnow.Tensors;

namespace Winnow.Vulkan.Shaders;

/// <summary>Compares the shaders with fragments with the processor: some drivers offer them and compute something else.</summary>
internal static unsafe class FragmentTrial
{
    // Operands are rounded to f16, which is 2^-11 for each of them; errors of a sum partly cancel.
    private const double Allowed = 3e-3;
    private const int Rows = 150;

    /// <summary>Whether a device that uses them computes what the processor does.</summary>
    public static bool Passes(VulkanDevice device)
    {
        using CpuDevice processor = new(new CpuDeviceOptions { Threads = 1 });
        float[] expected = Run(processor);
        float[] actual = Run(device);
        for (int i = 0; i < expected.Length; i++)
        {
            if (!(Math.Abs(expected[i] - actual[i]) <= Allowed))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>A product and an attention whose sizes are no multiples of tiles, with results about 1.</summary>
    private static float[] Run(Device device)
    {
        const int Inputs = 272;
        const int Outputs = 200;
        Random random = new(1);
        using ComputeStream stream = device.CreateStream();
        Half[] weights = new Half[Inputs * Outputs];
        for (int i = 0; i < weights.Length; i++)
        {
            weights[i] = (Half)(random.NextSingle() - 0.5f);
        }

        float[] product = new float[Rows * Outputs];
        fixed (Half* data = weights)
        {
            using Weight weight = device.LoadWeight("trial", TensorType.F16, Outputs, Inputs, (nint)data);
            Matrix input = Values(device, stream, random, Rows, Inputs, 0.1f);
            Matrix output = device.AllocateMatrix(Rows, Outputs);
            stream.MatMul(weight, input, output);
            stream.Read(output, product);
            input.Buffer.Dispose();
            output.Buffer.Dispose();
        }

        return [.. product, .. Attend(device, stream, random, TensorType.F16), .. Attend(device, stream, random, TensorType.Q8_0)];
    }

    private static float[] Attend(Device device, ComputeStream stream, Random random, TensorType type)
    {
        const int Heads = 4;
        const int Size = 64;
        AttentionShape shape = new(QueryHeads: Heads, KvHeads: 2, HeadDimension: Size, Scale: 1 / MathF.Sqrt(Size));
        using KvCache cache = new(device, [new KvLayout(2, Size, type)]);
        cache.Reserve(2 * Rows);
        Matrix keys = Values(device, stream, random, 2 * Rows, 2 * Size, 2);
        Matrix values = Values(device, stream, random, 2 * Rows, 2 * Size, 1);
        Matrix queries = Values(device, stream, random, Rows, Heads * Size, 2);
        Matrix output = device.AllocateMatrix(Rows, Heads * Size);
        stream.Append(cache.Layer(0), keys, values, 0);
        cache.Advance(2 * Rows);
        stream.Attend(shape, queries, cache.Layer(0), Rows, AttentionPlan.All, isStep: false, output);
        float[] result = new float[Rows * Heads * Size];
        stream.Read(output, result);
        foreach (Matrix matrix in (ReadOnlySpan<Matrix>)[keys, values, queries, output])
        {
            matrix.Buffer.Dispose();
        }

        return result;
    }

    private static Matrix Values(Device device, ComputeStream stream, Random random, int rows, int columns, float most)
    {
        float[] values = new float[rows * columns];
        foreach (ref float value in values.AsSpan())
        {
            value = most * ((2 * random.NextSingle()) - 1);
        }

        Matrix matrix = device.AllocateMatrix(rows, columns);
        stream.Write(values, matrix);
        return matrix;
    }
}
