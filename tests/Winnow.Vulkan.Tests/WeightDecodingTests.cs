using System.Buffers.Binary;
using Winnow.Compute;
using Winnow.Quantization;
using Winnow.Tensors;

namespace Winnow.Vulkan.Tests;

/// <summary>Shaders decode every block to the very floats of the host, types that nothing encodes and scales that are denormals included.</summary>
public sealed unsafe class WeightDecodingTests
{
    private const int Outputs = 6;

    public static TheoryData<TensorType, int> Types => new(
        [.. BlockTypes.All.Where(row => VulkanWeight.IsSupported(row.Type)).Select(row => (row.Type, 512)), (TensorType.MXFP4, 96), (TensorType.F32, 37), (TensorType.F16, 37), (TensorType.BF16, 37), (TensorType.F16, 24)]);

    /// <summary>A product with rows of the identity is the weight itself.</summary>
    [Theory]
    [MemberData(nameof(Types))]
    public void Products_with_unit_rows_are_the_decoded_weights(TensorType type, int inputs)
    {
        using Device device = TestDevice.Open();
        using ComputeStream stream = device.CreateStream();
        int rowBytes = checked((int)type.SizeBytes(inputs));
        byte[] data = Bytes(type, Outputs * rowBytes);
        float[] expected = new float[Outputs * inputs];
        BlockCodec.Decode(type, data, expected);
        fixed (byte* first = data)
        {
            using Weight weight = device.LoadWeight("weight", type, Outputs, inputs, (nint)first);
            Matrix input = device.AllocateMatrix(inputs, inputs);
            Matrix output = device.AllocateMatrix(inputs, Outputs);
            using DeviceBuffer inputMemory = input.Buffer;
            using DeviceBuffer outputMemory = output.Buffer;
            float[] identity = new float[inputs * inputs];
            for (int i = 0; i < inputs; i++)
            {
                identity[(i * inputs) + i] = 1;
            }

            stream.Write(identity, input);
            foreach (int steps in new[] { 0, inputs })
            {
                stream.MatMul(weight, input, output, steps);
                float[] actual = new float[inputs * Outputs];
                stream.Read(output, actual);
                for (int i = 0; i < actual.Length; i++)
                {
                    // Sums with zeros lose the sign of a zero, and nothing else.
                    Assert.Equal(expected[(i % Outputs * inputs) + (i / Outputs)], actual[i]);
                }
            }
        }
    }

    [Fact]
    public void Types_without_shaders_are_refused_by_name()
    {
        using Device device = TestDevice.Open();
        foreach (TensorType type in BlockTypes.All.Select(row => row.Type).Where(type => !device.Multiplies(type)))
        {
            byte[] data = new byte[type.SizeBytes(256)];
            fixed (byte* first = data)
            {
                nint address = (nint)first;
                NotSupportedException refusal = Assert.Throws<NotSupportedException>(() => device.LoadWeight("weight", type, 1, 256, address));
                Assert.Contains(type.ToString(), refusal.Message, StringComparison.Ordinal);
            }
        }
    }

    /// <summary>No axis of a dispatch is certain to hold more than 65,535 workgroups.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Products_reach_every_row_of_a_large_vocabulary(int steps)
    {
        const int Inputs = 4;
        const int Vocabulary = 140_001;
        using Device device = TestDevice.Open();
        using ComputeStream stream = device.CreateStream();
        float[] rows = [.. Enumerable.Range(0, Vocabulary * Inputs).Select(i => i % Inputs == 1 ? i / Inputs : 0f)];
        fixed (float* first = rows)
        {
            using Weight weight = device.LoadWeight("vocabulary", TensorType.F32, Vocabulary, Inputs, (nint)first);
            Matrix input = device.AllocateMatrix(1, Inputs);
            Matrix output = device.AllocateMatrix(1, Vocabulary);
            using DeviceBuffer inputMemory = input.Buffer;
            using DeviceBuffer outputMemory = output.Buffer;
            stream.Write([5, 2, 5, 5], input);
            stream.MatMul(weight, input, output, steps);
            float[] actual = new float[Vocabulary];
            stream.Read(output, actual);
            Assert.Equal([.. Enumerable.Range(0, Vocabulary).Select(o => 2f * o)], actual);
        }
    }

    /// <summary>Random bytes; where a block has an f16, that of a small number.</summary>
    private static byte[] Bytes(TensorType type, int count)
    {
        Random random = new((int)type);
        byte[] bytes = new byte[count];
        random.NextBytes(bytes);
        int[] halves = type switch
        {
            TensorType.F32 or TensorType.BF16 or TensorType.F16 or TensorType.MXFP4 => [],
            TensorType.Q4_1 or TensorType.Q5_1 or TensorType.Q4_K or TensorType.Q5_K => [0, 2],
            TensorType.Q2_K => [80, 82],
            TensorType.Q3_K => [108],
            TensorType.Q6_K => [208],
            _ => [0],
        };
        int block = checked((int)type.SizeBytes(type.BlockLength()));
        for (int i = 0; i < count / block; i++)
        {
            foreach (int half in halves)
            {
                // Every third is a denormal.
                float scale = (float)((random.NextDouble() - 0.5) * (i % 3 == 0 ? 1e-5 : 2));
                BinaryPrimitives.WriteHalfLittleEndian(bytes.AsSpan((i * block) + half), (Half)scale);
            }

            if (halves.Length == 0)
            {
                float value = (float)(random.NextDouble() - 0.5);
                switch (type)
                {
                    case TensorType.F32:
                        BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i * block), value);
                        break;
                    case TensorType.F16:
                        BinaryPrimitives.WriteHalfLittleEndian(bytes.AsSpan(i * block), (Half)(i % 3 == 0 ? value * 1e-5f : value));
                        break;
                    case TensorType.MXFP4:
                        bytes[i * block] = (byte)random.Next(100, 140);
                        break;
                    default:
                        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(i * block), (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16));
                        break;
                }
            }
        }

        return bytes;
    }
}
