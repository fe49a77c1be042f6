using System.Buffers.Binary;
using Winnow.Quantization;
using Winnow.Tensors;

namespace Winnow.DeviceTests.Reference;

/// <summary>
/// Rows of the plain types and of Q8_0, decoded and encoded element by element as the formats are described; the other block
/// formats are decoded by the library, whose decoders have tests of their own.
/// </summary>
internal static class ReferenceRow
{
    public static void Decode(TensorType type, ReadOnlySpan<byte> bytes, Span<float> values)
    {
        if (type is not (TensorType.F32 or TensorType.F16 or TensorType.BF16 or TensorType.Q8_0))
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
                case TensorType.Q8_0 when i % 32 == 0:
                    EncodeQ8_0(values.Slice(i, 32), bytes.Slice(i / 32 * 34, 34));
                    break;
                case TensorType.Q8_0:
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
}
