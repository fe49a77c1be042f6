using System.Buffers.Binary;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace Winnow.Formats;

/// <summary>Copies small plain tensors (codebooks, scales, reference data) into arrays.</summary>
internal static class TensorEntryExtensions
{
    /// <summary>The elements of an F32, F16, BF16 or F64 tensor, row-major.</summary>
    /// <exception cref="ModelFormatException">The tensor is of another type, or too large for an array.</exception>
    public static float[] ToSingles(this TensorEntry tensor)
    {
        float[] values = new float[ArrayLength(tensor)];
        ReadOnlySpan<byte> bytes = tensor.Bytes(0, (int)tensor.SizeBytes);
        switch (tensor.Type)
        {
            case TensorType.F32:
                bytes.CopyTo(MemoryMarshal.AsBytes(values.AsSpan()));
                break;
            case TensorType.F16:
                TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(bytes), values);
                break;
            case TensorType.BF16:
                for (int i = 0; i < values.Length; i++)
                {
                    values[i] = BitConverter.Int32BitsToSingle(BinaryPrimitives.ReadUInt16LittleEndian(bytes[(2 * i)..]) << 16);
                }

                break;
            case TensorType.F64:
                TensorPrimitives.ConvertTruncating(MemoryMarshal.Cast<byte, double>(bytes), values.AsSpan());
                break;
            default:
                throw WrongType(tensor, "F32, F16, BF16 or F64");
        }

        return values;
    }

    private static int ArrayLength(TensorEntry tensor) => tensor.SizeBytes <= Array.MaxLength
        ? (int)tensor.ElementCount
        : throw new ModelFormatException(
            tensor.FilePath, $"tensor '{tensor.Name}' of {tensor.SizeBytes:N0} bytes is too large to be copied whole");

    private static ModelFormatException WrongType(TensorEntry tensor, string expected) =>
        new(tensor.FilePath, $"tensor '{tensor.Name}' is {tensor.Type}, but must be {expected}");
}
