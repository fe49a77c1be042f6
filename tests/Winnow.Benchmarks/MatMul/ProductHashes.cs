using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Winnow.Compute;
using Winnow.Compute.Cpu;
using Winnow.Quantization;
using Winnow.Tensors;

namespace Winnow.Benchmarks.MatMul;

/// <summary>
/// Prints a hash of the bits of products, decoded and encoded blocks for every type and instruction set: a change of the kernels that is
/// meant to change no result prints the same lines before and after. <c>DOTNET_EnableAVX2=0</c> and its like deny instructions.
/// </summary>
internal static unsafe class ProductHashes
{
    /// <summary>Outputs and inputs: whole and broken tiles, whole and broken activation records.</summary>
    private static readonly (int Outputs, int Inputs)[] Shapes = [(33, 1280), (64, 512), (7, 256), (5, 96), (3, 41)];

    private static readonly int[] Tokens = [1, 2, 3, 4, 5, 8, 33, 64];

    public static void Print()
    {
        foreach (TensorType type in Enum.GetValues<TensorType>().Where(BlockCodec.CanDecode))
        {
            PrintCodec(type);
            foreach (CpuIsa isa in Enum.GetValues<CpuIsa>().Where(CpuIsaSupport.IsSupported))
            {
                using CpuDevice device = new(new CpuDeviceOptions { Isa = isa, Threads = 2 });
                foreach ((int outputs, int inputs) in Shapes.Where(shape => shape.Inputs % type.BlockLength() == 0))
                {
                    foreach (int tokens in Tokens)
                    {
                        foreach (int steps in new[] { 0, tokens })
                        {
                            float[] product = Multiply(device, type, outputs, inputs, tokens, steps);
                            Console.WriteLine(
                                $"{type} {isa} [{outputs}, {inputs}] x {tokens}, {steps} steps: {Hash(MemoryMarshal.AsBytes<float>(product))}");
                        }
                    }
                }
            }
        }
    }

    private static void PrintCodec(TensorType type)
    {
        Random random = new(1);
        byte[] blocks = RandomBlocks(type, 16, 1024, random);
        float[] values = new float[16 * 1024];
        BlockCodec.Decode(type, blocks, values);
        Console.WriteLine($"{type} decoded: {Hash(MemoryMarshal.AsBytes<float>(values))}");
        if (BlockCodec.CanEncode(type))
        {
            foreach (ref float value in values.AsSpan())
            {
                value = (float)((random.NextDouble() - 0.5) * random.NextDouble());
            }

            BlockCodec.Encode(type, values, blocks);
            Console.WriteLine($"{type} encoded: {Hash(blocks)}");
        }
    }

    private static float[] Multiply(CpuDevice device, TensorType type, int outputs, int inputs, int tokens, int steps)
    {
        Random random = new((outputs * 1000) + tokens);
        byte[] data = RandomBlocks(type, outputs, inputs, random);
        float[] rows = new float[tokens * inputs];
        foreach (ref float value in rows.AsSpan())
        {
            value = (float)((random.NextDouble() - 0.5) * 4);
        }

        byte* pinned = (byte*)NativeMemory.AlignedAlloc((nuint)data.Length, 64);
        data.CopyTo(new Span<byte>(pinned, data.Length));
        using Weight weight = device.LoadWeight("weight", type, outputs, inputs, (nint)pinned);
        using ComputeStream stream = device.CreateStream();
        Matrix input = device.AllocateMatrix(tokens, inputs);
        Matrix output = device.AllocateMatrix(tokens, outputs);
        stream.Write(rows, input);
        stream.MatMul(weight, input, output, steps);
        float[] product = new float[tokens * outputs];
        stream.Read(output, product);
        input.Buffer.Dispose();
        output.Buffer.Dispose();
        NativeMemory.AlignedFree(pinned);
        return product;
    }

    /// <summary>Random bits, but small exponents wherever blocks of any type have an f16: in their first or last four bytes.</summary>
    private static byte[] RandomBlocks(TensorType type, int outputs, int inputs, Random random)
    {
        byte[] data = new byte[outputs * type.SizeBytes(inputs)];
        random.NextBytes(data);
        int bytes = type.BlockBytes();
        for (int block = 0; block < data.Length; block += bytes)
        {
            foreach (int offset in new[] { 0, 2, bytes - 4, bytes - 2 }.Where(offset => offset >= 0 && offset < bytes).Distinct())
            {
                data[block + offset + 1] &= 0xBB;
            }
        }

        return data;
    }

    private static string Hash(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes)[..8]);
}
