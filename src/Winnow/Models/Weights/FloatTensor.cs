using System.Buffers.Binary;
using Winnow.Formats;
using Winnow.Tensors;

namespace Winnow.Models.Weights;

/// <summary>Decodes the small tensors that are used as f32 on every device: norms, biases, rotary factors.</summary>
internal static class FloatTensor
{
    /// <exception cref="ModelFormatException">The tensor is not of a floating-point type.</exception>
    public static float[] Decode(string path, TensorEntry tensor)
    {
        float[] values = new float[tensor.ElementCount];
        ReadOnlySpan<byte> bytes = tensor.Bytes(0, checked((int)tensor.SizeBytes));
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = tensor.Type switch
            {
                TensorType.F32 => BinaryPrimitives.ReadSingleLittleEndian(bytes[(4 * i)..]),
                TensorType.F16 => (float)BinaryPrimitives.ReadHalfLittleEndian(bytes[(2 * i)..]),
                TensorType.BF16 => BitConverter.Int32BitsToSingle(BinaryPrimitives.ReadUInt16LittleEndian(bytes[(2 * i)..]) << 16),
                _ => throw new ModelFormatException(path, $"tensor '{tensor.Name}' has elements of {tensor.Type}, but must have F32, F16 or BF16"),
            };
        }

        return values;
    }
}
