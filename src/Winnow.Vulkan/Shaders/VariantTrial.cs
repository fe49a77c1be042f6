using System.Runtime.InteropServices;
using Winnow.Cache;
using Winnow.Compute;
using Winnow.Compute.Cpu;
using Winnow.Tensors;
using Winnow.Vulkan.Products;

namespace Winnow.Vulkan.Shaders;

/// <summary>Tries the shaders for devices with more features: some drivers offer the features and compute something else.</summary>
internal static unsafe class VariantTrial
{
    // Operands are rounded to f16, which is 2^-11 for each of them; errors of a sum partly cancel.
    private const double Allowed = 3e-3;

    // Activations up to 0.1 are rounded to 1/127 of that, and there are 288 of them with weights about 0.2: 1e-3 on average.
    private const double AllowedOfBytes = 1e-2;
    private const int Rows = 150;

    private const int Outputs = 200;

    /// <summary>Whether sums within subgroups have the bits of those in shared memory.</summary>
    /// <param name="device">The device.</param>
    /// <param name="variants">Its variants; turned on and off.</param>
    public static bool SubgroupsPass(VulkanDevice device, ShaderVariants variants)
    {
        variants.UsesSubgroups = false;
        float[] expected = Run(device);
        variants.UsesSubgroups = true;
        return expected.AsSpan().SequenceEqual(Run(device));

        static float[] Run(VulkanDevice device)
        {
            Random random = new(2);
            using ComputeStream stream = device.CreateStream();
            return [.. Multiply(device, stream, random, TensorType.F16, rows: 1, steps: 1), .. Multiply(device, stream, random, TensorType.F16, rows: 5, steps: 5)];
        }
    }

    /// <summary>Whether a device that uses fragments computes what the processor does.</summary>
    public static bool FragmentsPass(VulkanDevice device)
    {
        using CpuDevice processor = new(new CpuDeviceOptions { Threads = 1 });
        return AreNear(Run(processor), Run(device), Allowed);
    }

    /// <summary>Whether products of bytes are near those of floats.</summary>
    /// <param name="device">The device.</param>
    /// <param name="variants">Its variants; turned on and off.</param>
    public static bool IntegersPass(VulkanDevice device, ShaderVariants variants)
    {
        variants.UsesIntegers = false;
        float[] expected = Run(device);
        variants.UsesIntegers = true;
        return AreNear(expected, Run(device), AllowedOfBytes);

        static float[] Run(VulkanDevice device)
        {
            using ComputeStream stream = device.CreateStream();
            return Multiply(device, stream, new Random(3), TensorType.Q4_0, rows: 5, steps: 5);
        }
    }

    /// <summary>Whether matrices of workgroups have the bits of fragments: which of them a product takes is a matter of how many rows it has.</summary>
    /// <param name="device">The device.</param>
    /// <param name="variants">Its variants; turned on and off.</param>
    public static bool TensorsPass(VulkanDevice device, ShaderVariants variants)
    {
        variants.UsesTensors = false;
        float[] expected = Run(device);
        variants.UsesTensors = true;
        return expected.AsSpan().SequenceEqual(Run(device));

        static float[] Run(VulkanDevice device)
        {
            using ComputeStream stream = device.CreateStream();
            return
            [
                .. Multiply(device, stream, new Random(4), TensorType.F16, TensorProducts.LeastRows + 3, steps: 0),
                .. Multiply(device, stream, new Random(5), TensorType.Q4_0, 2 * TensorProducts.LeastRows, steps: 0),
                .. Multiply(device, stream, new Random(6), TensorType.Q4_K, TensorProducts.LeastRows, steps: 0),
            ];
        }
    }

    private static bool AreNear(float[] expected, float[] actual, double allowed)
    {
        for (int i = 0; i < expected.Length; i++)
        {
            if (!(Math.Abs(expected[i] - actual[i]) <= allowed))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>A product and attention whose sizes are no multiples of tiles, with results about 1.</summary>
    private static float[] Run(Device device)
    {
        Random random = new(1);
        using ComputeStream stream = device.CreateStream();
        return
        [
            .. Multiply(device, stream, random, TensorType.F16, Rows, steps: 0),
            .. Attend(device, stream, random, TensorType.F16),
            .. Attend(device, stream, random, TensorType.Q8_0),
        ];
    }

    private static float[] Multiply(Device device, ComputeStream stream, Random random, TensorType type, int rows, int steps)
    {
        // Random bytes are weights in Q4_0 and Q4_K, but for the scales of each block.
        int inputs = type == TensorType.Q4_K ? 512 : 288;
        byte[] weights = new byte[type.SizeBytes((long)inputs * Outputs)];
        random.NextBytes(weights);
        Span<Half> halves = MemoryMarshal.Cast<byte, Half>(weights.AsSpan());
        int blockHalves = (int)type.SizeBytes(type.BlockLength()) / 2;
        for (int i = 0; i < halves.Length; i += blockHalves)
        {
            halves[i] = (Half)(type == TensorType.F16 ? random.NextSingle() - 0.5f : type == TensorType.Q4_K ? 0.001f : 0.05f);
            if (type == TensorType.Q4_K)
            {
                halves[i + 1] = (Half)0.005f;
            }
        }

        float[] product = new float[rows * Outputs];
        fixed (byte* data = weights)
        {
            using Weight weight = device.LoadWeight("trial", type, Outputs, inputs, (nint)data);
            Matrix input = Values(device, stream, random, rows, inputs, 0.1f);
            Matrix output = device.AllocateMatrix(rows, Outputs);
            stream.MatMul(weight, input, output, steps);
            stream.Read(output, product);
            input.Buffer.Dispose();
            output.Buffer.Dispose();
        }

        return product;
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
