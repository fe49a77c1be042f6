using System.Buffers.Binary;
using Winnow.Quantization;
using Winnow.Tensors;

namespace Winnow.DeviceTests.Reference;

/// <summary>
/// Rows of the plain types, of Q8_0 and of Q4_0, decoded and encoded element by element as the formats are described; the other block
/// formats are decoded by the library, whose decoders have tests of their own.
/// </summary>
internal static class ReferenceRow
{
    public static void Decode(TensorType type, ReadOnlySpan<byte> bytes, Span<float> values)
    {
        if (type is not (TensorType.F32 or TensorType.F16 or TensorType.BF16 or TensorType.Q8_0 or TensorType.Q4_0))
        {
            BlockCodec.Decode(type, bytes, values);
            return;
        }

        for (int i = 0; i < values.Length; i++)
        {
            values[i] = type switch
            {
                TensorType.F32 => BinaryPrimitives.ReadSingleLittleEndian(bytes[(4 * i)..]),
                TensorType.F16 => (float)BinaryPrimitives.ReadHalfLittleEndian(bytes[(2 * i)..]),
                TensorType.BF16 => BitConverter.Int32BitsToSingle(BinaryPrimitives.ReadUInt16LittleEndian(bytes[(2 * i)..]) << 16),
                TensorType.Q4_0 => Q4_0(bytes[(i / 32 * 18)..], i % 32),
                _ => Q8_0(bytes[(i / 32 * 34)..], i % 32),
            };
        }
    }

    public static void Encode(TensorType type, ReadOnlySpan<float> values, Span<byte> bytes)
    {
        for (int i = 0; i < values.Length; i++)
        {
            switch (type)
            {
                case TensorType.F32:
                    BinaryPrimitives.WriteSingleLittleEndian(bytes[(4 * i)..], values[i]);
                    break;
                case TensorType.F16:
                    BinaryPrimitives.WriteHalfLittleEndian(bytes[(2 * i)..], (Half)values[i]);
                    break;
                case TensorType.BF16:
                    BinaryPrimitives.WriteUInt16LittleEndian(bytes[(2 * i)..], UpperHalf(values[i]));
                    break;
                case TensorType.Q4_0 when i % 32 == 0:
                    EncodeQ4_0(values.Slice(i, 32), bytes.Slice(i / 32 * 18, 18));
                    break;
                case TensorType.Q8_0 when i % 32 == 0:
                    EncodeQ8_0(values.Slice(i, 32), bytes.Slice(i / 32 * 34, 34));
                    break;
                case TensorType.Q8_0 or TensorType.Q4_0:
                    break;
                default:
                    throw new NotSupportedException($"the reference does not encode {type}");
            }
        }
    }

    private static float Q8_0(ReadOnlySpan<byte> block, int index) =>
        (float)BinaryPrimitives.ReadHalfLittleEndian(block) * (sbyte)block[2 + index];

    private static void EncodeQ8_0(ReadOnlySpan<float> values, Span<byte> block)
    {
        float largest = 0;
        foreach (float value in values)
        {
            largest = Math.Max(largest, Math.Abs(value));
        }

        float scale = largest / 127;
        float inverse = 1 / scale;
        BinaryPrimitives.WriteHalfLittleEndian(block, (Half)scale);
        for (int i = 0; i < 32; i++)
        {
            block[2 + i] = (byte)(sbyte)(scale == 0 ? 0 : MathF.Round(values[i] * inverse, MidpointRounding.AwayFromZero));
        }
    }

    /// <summary>Of the two nearest, and of equals the even one.</summary>
    private static ushort UpperHalf(float value)
    {
        int bits = BitConverter.SingleToInt32Bits(value);
        int low = bits & 0xFFFF;
        int high = (int)((uint)bits >> 16);
        return (ushort)(low > 0x8000 || (low == 0x8000 && high % 2 != 0) ? high + 1 : high);
    }

    private static float Q4_0(ReadOnlySpan<byte> block, int index) =>
        (float)BinaryPrimitives.ReadHalfLittleEndian(block) * (((block[2 + (index % 16)] >> (index / 16 * 4)) & 15) - 8);

    private static void EncodeQ4_0(ReadOnlySpan<float> values, Span<byte> block)
    {
        float extreme = 0;
        foreach (float value in values)
        {
            extreme = Math.Abs(value) > Math.Abs(extreme) ? value : extreme;
        }

        float scale = extreme / -8;
        float inverse = 1 / scale;
        BinaryPrimitives.WriteHalfLittleEndian(block, (Half)scale);
        block[2..18].Clear();
        for (int i = 0; i < 32; i++)
        {
            int level = scale == 0 ? 8 : Math.Min((int)((values[i] * inverse) + 8.5f), 15);
            block[2 + (i % 16)] |= (byte)(level << (i / 16 * 4));
        }
    }
}
