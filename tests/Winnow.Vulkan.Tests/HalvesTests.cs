using System.Runtime.InteropServices;
using Winnow.Compute;
using Winnow.Quantization;
using Winnow.Tensors;
using Winnow.Vulkan.Commands;
using Winnow.Vulkan.Memory;
using Winnow.Vulkan.Products;

namespace Winnow.Vulkan.Tests;

/// <summary>What matrices of whole workgroups multiply: rows of any type, rounded to f16. The products themselves need a device that llvmpipe is not.</summary>
public sealed unsafe class HalvesTests
{
    private const int Rows = 5;

    public static TheoryData<TensorType, int> Types => new(
        [(TensorType.F32, 37), (TensorType.F32, 64), (TensorType.F16, 37), (TensorType.BF16, 96), (TensorType.Q4_0, 96), (TensorType.Q8_0, 96), (TensorType.Q4_K, 512), (TensorType.Q6_K, 512)]);

    [Theory]
    [MemberData(nameof(Types))]
    public void Rows_become_their_nearest_halves(TensorType type, int columns)
    {
        using VulkanDevice device = TestDevice.Open();
        using ComputeStream stream = device.CreateStream();
        Random random = new(columns);
        int rowBytes = checked((int)type.SizeBytes(columns));
        float[] values = [.. Enumerable.Range(0, Rows * columns).Select(i => i == 3 ? 70000f : (random.NextSingle() - 0.5f) * MathF.Pow(10, random.Next(-3, 3)))];
        byte[] data = new byte[Rows * rowBytes];
        BlockCodec.Encode(type, values, data);
        BlockCodec.Decode(type, data, values);
        int stride = (int)TensorProducts.Stride(columns);

        // What is multiplied with element i tells where element i went.
        float[] numbers = [.. Enumerable.Range(0, columns).Select(i => i + 1f)];
        Half[] places = Round(device, stream, type, areActivations: true, MemoryMarshal.AsBytes(numbers.AsSpan()), 1, columns);
        Assert.Equal(numbers, places.Where(place => place != Half.Zero).Select(place => (float)place).Order());
        Half[] halves = Round(device, stream, type, areActivations: false, data, Rows, columns);
        for (int i = 0; i < halves.Length; i++)
        {
            int element = (int)places[i % stride] - 1;
            Assert.Equal(element < 0 ? Half.Zero : (Half)Math.Clamp(values[(i / stride * columns) + element], -65504, 65504), halves[i]);
        }
    }

    private static Half[] Round(VulkanDevice device, ComputeStream stream, TensorType type, bool areActivations, ReadOnlySpan<byte> data, int rows, int columns)
    {
        int halves = rows * (int)TensorProducts.Stride(columns);
        float[] words = new float[halves / 2];
        using VulkanBuffer target = new(device.Context, words.Length * sizeof(float));
        fixed (byte* first = data)
        {
            // Floats of any number of rows are a weight of F32.
            using Weight weight = device.LoadWeight("rows", areActivations ? TensorType.F32 : type, rows, columns, (nint)first);
            VulkanBuffer source = ((VulkanWeight)weight).Data;
            using (CommandRecorder.Operation operation = device.Context.Commands.Begin())
            {
                TensorProducts.Round(
                    device.Context, type, areActivations, MemoryRange.Of(source), source.Address, rows, columns, (uint)(data.Length / rows), MemoryRange.Of(target));
            }

            stream.Read(new Matrix(target, 0, 1, words.Length, words.Length), words);
        }

        return [.. MemoryMarshal.Cast<float, Half>(words.AsSpan())];
    }
}
