using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Winnow.Quantization.Layouts;
using Winnow.Tensors;

namespace Winnow.Quantization.Floats;

/// <summary>BF16: the upper half of an F32.</summary>
internal readonly unsafe struct BF16 : IFloatElement
{
    public static int Bytes => BlockSizeBytes.BF16;

    public static void Decode(ReadOnlySpan<byte> source, Span<float> destination) => PlainFloats.DecodeBF16(source, destination);

    public static void Encode(ReadOnlySpan<float> source, ReadOnlySpan<float> importance, Span<byte> destination) => PlainFloats.EncodeBF16(source, destination);

    public static float Load(byte* source) => BitConverter.UInt32BitsToSingle((uint)*(ushort*)source << 16);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Load4(byte* source) =>
        (Vector128.WidenLower(Vector128.CreateScalarUnsafe(*(long*)source).AsUInt16()) << 16).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load8(byte* source) =>
        Avx2.ShiftLeftLogical(Avx2.ConvertToVector256Int32(Vector128.Load((ushort*)source)), 16).AsSingle();
}
