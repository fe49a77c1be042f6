using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Winnow.Quantization.SignedBlocks;

/// <summary>The scales of blocks of grid entries: d times odd numbers.</summary>
internal static unsafe class GridScales
{
    /// <summary>Eight scales of four bits, the lowest first. Needs AVX2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store8(uint nibbles, float d, float* scales)
    {
        Vector256<uint> own = Avx2.ShiftRightLogicalVariable(Vector256.Create(nibbles), Vector256.Create(0u, 4, 8, 12, 16, 20, 24, 28));
        Odd8(own & Vector256.Create(15u), d).Store(scales);
    }

    /// <summary>Eight scales in the upper four bits of words. Needs AVX2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store8(Vector256<uint> words, float d, float* scales) => Odd8(words >> 28, d).Store(scales);

    /// <summary>Sixteen scales of four bits, the lowest first. Needs AVX2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store16(ulong nibbles, float d, float* scales)
    {
        Store8((uint)nibbles, d, scales);
        Store8((uint)(nibbles >> 32), d, scales + 8);
    }

    /// <summary>The same. Needs AVX-512.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store16In512(ulong nibbles, float d, float* scales)
    {
        Vector512<uint> halves = Avx512F.PermuteVar16x32(
            Vector512.CreateScalarUnsafe(nibbles).AsUInt32(), Vector512.Create(0u, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1));
        Vector512<uint> own = Avx512F.ShiftRightLogicalVariable(
            halves, Vector512.Create(0u, 4, 8, 12, 16, 20, 24, 28, 0, 4, 8, 12, 16, 20, 24, 28));

        // Of each look-up only the lowest four bits count.
        Vector512<float> odd = Avx512F.PermuteVar16x32(
            Vector512.Create(1f, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31), own.AsInt32());
        (odd * Vector512.Create(d)).Store(scales);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Odd8(Vector256<uint> scale, float d) =>
        Vector256.ConvertToSingle((scale + scale).AsInt32() + Vector256<int>.One) * Vector256.Create(d);
}
