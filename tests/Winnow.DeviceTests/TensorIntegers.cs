using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Winnow.Formats;
using Winnow.Tensors;

namespace Winnow.DeviceTests;

/// <summary>Reads the whole numbers of reference data, such as token ids.</summary>
internal static class TensorIntegers
{
    /// <summary>The elements of an I64, I32, I16, I8, U8 or BOOL tensor, row-major.</summary>
    public static long[] ToInt64s(this TensorEntry tensor)
    {
        ReadOnlySpan<byte> bytes = tensor.Bytes(0, (int)tensor.SizeBytes);
        return tensor.Type switch
        {
            TensorType.I64 => MemoryMarshal.Cast<byte, long>(bytes).ToArray(),
            TensorType.I32 => Widen<int>(bytes),
            TensorType.I16 => Widen<short>(bytes),
            TensorType.I8 => Widen<sbyte>(bytes),
            TensorType.U8 => Widen<byte>(bytes),
            _ => throw new NotSupportedException($"{tensor.Name} is {tensor.Type}"),
        };
    }

    private static long[] Widen<T>(ReadOnlySpan<byte> bytes)
        where T : unmanaged, System.Numerics.INumberBase<T>
    {
        long[] values = new long[bytes.Length / Marshal.SizeOf<T>()];
        TensorPrimitives.ConvertTruncating(MemoryMarshal.Cast<byte, T>(bytes), values.AsSpan());
        return values;
    }
}
