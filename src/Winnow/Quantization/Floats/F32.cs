using System.Runtime.Intrinsics;
using Winnow.Quantization.Layouts;
using Winnow.Tensors;

namespace Winnow.Quantization.Floats;

/// <summary>F32: IEEE single precision.</summary>
internal readonly unsafe struct F32 : IFloatElement
{
    public static int Bytes => BlockSizeBytes.F32;

    public static void Decode(ReadOnlySpan<byte> source, Span<float> destination) => PlainFloats.DecodeF32(source, destination);

    public static void Encode(ReadOnlySpan<float> source, ReadOnlySpan<float> importance, Span<byte> destination) => PlainFloats.EncodeF32(source, destination);

    public static float Load(byte* source) => *(float*)source;

    public static Vector128<float> Load4(byte* source) => Vector128.Load((float*)source);

    public static Vector256<float> Load8(byte* source) => Vector256.Load((float*)source);
}
