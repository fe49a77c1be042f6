using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Winnow.Quantization.Layouts;
using Winnow.Tensors;

namespace Winnow.Quantization.Floats;

/// <summary>F16: IEEE half precision.</summary>
internal readonly unsafe struct F16 : IFloatElement512
{
    public static int Bytes => BlockSizeBytes.F16;

    public static void Decode(ReadOnlySpan<byte> source, Span<float> destination) => PlainFloats.DecodeF16(source, destination);

    public static void Encode(ReadOnlySpan<float> source, ReadOnlySpan<float> importance, Span<byte> destination) => PlainFloats.EncodeF16(source, destination);

    public static float Load(byte* source) => HalfBits.ToSingle(*(ushort*)source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Load4(byte* source) => HalfBits.ToSingle4(Vector128.CreateScalarUnsafe(*(long*)source).AsInt16());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load8(byte* source) => HalfBits.ToSingle8(Vector128.Load((short*)source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load16(byte* source) => HalfBits.ToSingle16(Vector256.Load((short*)source));
}
