using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Winnow.Tensors;

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
                PlainFloats.DecodeF32(bytes, values);
                break;
            case TensorType.F16:
                PlainFloats.DecodeF16(bytes, values);
                break;
            case TensorType.BF16:
                PlainFloats.DecodeBF16(bytes, values);
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
