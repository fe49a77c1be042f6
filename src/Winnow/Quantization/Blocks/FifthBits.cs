using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Winnow.Quantization.Blocks;

/// <summary>The fifth bits of 32 quants whose low four are <see cref="Nibbles"/>: bit j of a word is element j's.</summary>
internal static class FifthBits
{
    /// <summary>The word of 32 levels.</summary>
    public static uint Pack(ReadOnlySpan<byte> levels)
    {
        uint bits = 0;
        for (int j = 0; j < levels.Length; j++)
        {
            bits |= (uint)(levels[j] >> 4) << j;
        }

        return bits;
    }

    /// <summary>The quant of element <paramref name="j"/>, from 0 to 15.</summary>
    public static int Low(byte nibbles, uint fifth, int j) => (nibbles & 15) | (int)(((fifth >> j) & 1) << 4);

    /// <summary>The quant of element <paramref name="j"/> + 16.</summary>
    public static int High(byte nibbles, uint fifth, int j) => (nibbles >> 4) | (int)(((fifth >> (j + 16)) & 1) << 4);

    /// <summary>16 in each byte whose bit of the lowest sixteen is set, on every processor.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Of16(uint bits)
    {
        const ulong EachByte = 0x0101010101010101;
        Vector128<byte> spread = Vector128.Create((bits & 0xFF) * EachByte, ((bits >> 8) & 0xFF) * EachByte).AsByte();
        Vector128<byte> mask = Vector128.Create(0x8040201008040201UL).AsByte();
        return Vector128.Equals(spread & mask, mask) & Vector128.Create((byte)16);
    }

    /// <summary>16 in each byte whose bit is set. Needs AVX2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Of32(uint bits)
    {
        Vector256<byte> spread = Avx2.Shuffle(
            Vector256.Create(bits).AsByte(),
            Vector256.Create(0UL, 0x0101010101010101, 0x0202020202020202, 0x0303030303030303).AsByte());
        Vector256<byte> mask = Vector256.Create(0x8040201008040201UL).AsByte();
        return Avx2.CompareEqual(spread & mask, mask) & Vector256.Create((byte)16);
    }

    /// <summary>16 in each byte whose bit is set, of two blocks. Needs AVX-512.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> Of64(uint first, uint second) => Vector512.Create(Of32(first), Of32(second));
}
