using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Winnow.Quantization.Layouts;

/// <summary>f16 to f32 without F16C, which .NET does not expose: move the bits into place and let one multiplication fix the exponent.</summary>
/// <remarks>
/// Exact for every finite value, denormals included. Infinities and NaN, which no weight holds, become numbers from 65,536 up. The
/// multiplication is a fused one with nothing to add: on Zen 5 a plain one is slow where its operand is a denormal, as scales of Q6_K
/// blocks are; one core went through such rows at 16 GB/s, with fused ones at 31. Without fused ones, 128-bit kernels of K-quants
/// were 2.5 times slower for it: scales are converted with integers then, and only F16 weights, few of which are denormals, multiplied.
/// On Intel's processors fused ones are slow there as well: denormals among scales, as those of IQ4_XS blocks are, never reach one.
/// </remarks>
internal static class HalfBits
{
    /// <summary>2^112: what the exponent biases of f32 (127) and f16 (15) differ by.</summary>
    private const float TwoTo112 = 5.192296858534828e33f;

    /// <summary>The smallest f16 denormal.</summary>
    private const float TwoToMinus24 = 1f / (1 << 24);

    /// <summary>The bits of sign, exponent and mantissa in a sign-extended f16 shifted left by 13; the others are copies of the sign.</summary>
    private const int Mask = unchecked((int)0x8FFF_E000);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float ToSingle(ushort half)
    {
        if (Fma.IsSupported && (half & 0x7C00) != 0)
        {
            return MathF.FusedMultiplyAdd(ToUnadjusted(half), TwoTo112, 0);
        }

        int magnitude = half & 0x7FFF;
        int bits = magnitude >= 0x0400 ? (magnitude << 13) + (112 << 23) : BitConverter.SingleToInt32Bits(magnitude * TwoToMinus24);
        return BitConverter.Int32BitsToSingle(bits | ((half & 0x8000) << 16));
    }

    /// <summary>2⁻¹¹² of the value: the bits in their places, the exponent as it was.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float ToUnadjusted(ushort half) => BitConverter.Int32BitsToSingle(((short)half << 13) & Mask);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> ToSingle4(Vector128<short> halves)
    {
        Vector128<float> bits = ((Vector128.WidenLower(halves) << 13) & Vector128.Create(Mask)).AsSingle();
        return Fma.IsSupported ? Fma.MultiplyAdd(bits, Vector128.Create(TwoTo112), Vector128<float>.Zero) : bits * Vector128.Create(TwoTo112);
    }

    /// <summary>The same without a multiplication, for values that may be denormals.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Scales4(Vector128<short> halves)
    {
        Vector128<int> bits = (Vector128.WidenLower(halves) << 13) & Vector128.Create(Mask);
        Vector128<int> normal = bits + Vector128.Create(112 << 23);

        // The mantissa behind a one that was not there, less that one.
        Vector128<int> one = (bits & Vector128.Create(int.MinValue)) | Vector128.Create(113 << 23);
        Vector128<float> denormal = (normal + Vector128.Create(1 << 23)).AsSingle() - one.AsSingle();
        Vector128<int> isDenormal = Vector128.Equals(bits & Vector128.Create(0x0F80_0000), Vector128<int>.Zero);
        return Vector128.ConditionalSelect(isDenormal.AsSingle(), denormal, normal.AsSingle());
    }

    /// <summary>Needs AVX2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> ToSingle8(Vector128<short> halves) =>
        Fma.MultiplyAdd(
            (Avx2.ShiftLeftLogical(Avx2.ConvertToVector256Int32(halves), 13) & Vector256.Create(Mask)).AsSingle(),
            Vector256.Create(TwoTo112),
            Vector256<float>.Zero);

    /// <summary>As <see cref="Scales4"/>. Needs AVX2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Scales8(Vector128<short> halves)
    {
        Vector256<int> bits = Avx2.ShiftLeftLogical(Avx2.ConvertToVector256Int32(halves), 13) & Vector256.Create(Mask);
        Vector256<int> normal = bits + Vector256.Create(112 << 23);

        Vector256<int> one = (bits & Vector256.Create(int.MinValue)) | Vector256.Create(113 << 23);
        Vector256<float> denormal = (normal + Vector256.Create(1 << 23)).AsSingle() - one.AsSingle();
        Vector256<int> isDenormal = Vector256.Equals(bits & Vector256.Create(0x0F80_0000), Vector256<int>.Zero);
        return Vector256.ConditionalSelect(isDenormal.AsSingle(), denormal, normal.AsSingle());
    }

    /// <summary>Eight f16 that lie <paramref name="stride"/> bytes apart, as the scales of neighbouring blocks do. Needs AVX2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe Vector256<float> Gather8(byte* halves, int stride) => ToSingle8(Load8(halves, stride));

    /// <summary>Their bits, on every processor.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe Vector128<short> Load8(byte* halves, int stride) =>
        Vector128.Create(
            *(short*)halves,
            *(short*)(halves + stride),
            *(short*)(halves + (2 * stride)),
            *(short*)(halves + (3 * stride)),
            *(short*)(halves + (4 * stride)),
            *(short*)(halves + (5 * stride)),
            *(short*)(halves + (6 * stride)),
            *(short*)(halves + (7 * stride)));

    /// <summary>Needs AVX-512.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> ToSingle16(Vector256<short> halves) =>
        Avx512F.FusedMultiplyAdd(
            (Avx512F.ShiftLeftLogical(Avx512F.ConvertToVector512Int32(halves), 13) & Vector512.Create(Mask)).AsSingle(),
            Vector512.Create(TwoTo112),
            Vector512<float>.Zero);
}
