using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Winnow.Quantization.Blocks;

/// <summary>32 quants, or the low four bits of them, in 16 bytes: 0 to 15 in the low nibbles, 16 to 31 in the high ones.</summary>
internal static unsafe class Nibbles
{
    /// <summary>Writes the low four bits of 32 levels.</summary>
    public static void Pack(ReadOnlySpan<byte> levels, Span<byte> quants)
    {
        for (int j = 0; j < 16; j++)
        {
            quants[j] = (byte)((levels[j] & 15) | (levels[j + 16] << 4));
        }
    }

    /// <summary>Sixteen of them, on every processor.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Of16(byte* packed, int half) =>
        half == 0 ? Vector128.Load(packed) & Vector128.Create((byte)15) : Vector128.Load(packed) >> 4;

    /// <summary>All of them. Needs AVX2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Of32(byte* packed)
    {
        Vector256<uint> both = Avx2.BroadcastVector128ToVector256(packed).AsUInt32();
        return Avx2.ShiftRightLogicalVariable(both, Vector256.Create(0u, 0, 0, 0, 4, 4, 4, 4)).AsByte() & Vector256.Create((byte)15);
    }

    /// <summary>Those of two neighbouring blocks, in each of which they begin <paramref name="first"/> bytes from its start. Needs AVX-512.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> Of64(byte* block, int blockBytes, int first)
    {
        Vector512<uint> both = Vector512.Create(
            Avx2.BroadcastVector128ToVector256(block + first), Avx2.BroadcastVector128ToVector256(block + blockBytes + first)).AsUInt32();
        return Avx512F.ShiftRightLogicalVariable(both, Vector512.Create(0u, 0, 0, 0, 4, 4, 4, 4, 0, 0, 0, 0, 4, 4, 4, 4)).AsByte() & Vector512.Create((byte)15);
    }
}
