using System.Runtime.InteropServices;

namespace Winnow.Quantization.Grids;

/// <summary>Entries of a grid, one byte a value, where kernels read them: kept for the life of the process.</summary>
internal static unsafe class GridTables
{
    /// <summary>Eight magnitudes an entry.</summary>
    public static ulong* OfTwoBits(ReadOnlySpan<ushort> packed)
    {
        ReadOnlySpan<byte> magnitudes = [8, 25, 43];
        byte* table = Allocate(8 * packed.Length);
        for (int i = 0; i < 8 * packed.Length; i++)
        {
            table[i] = magnitudes[(packed[i / 8] >> (2 * (i % 8))) & 3];
        }

        return (ulong*)table;
    }

    /// <summary>The entries as they are, where gathering may read two bytes behind each.</summary>
    public static ushort* Packed(ReadOnlySpan<ushort> packed)
    {
        ushort* table = (ushort*)Allocate(sizeof(ushort) * (packed.Length + 1));
        packed.CopyTo(new Span<ushort>(table, packed.Length));
        table[packed.Length] = 0;
        return table;
    }

    /// <summary>Four magnitudes an entry.</summary>
    public static uint* OfThreeBits(ReadOnlySpan<ushort> packed, ReadOnlySpan<byte> magnitudes)
    {
        byte* table = Allocate(4 * packed.Length);
        for (int i = 0; i < 4 * packed.Length; i++)
        {
            table[i] = magnitudes[(packed[i / 4] >> (3 * (i % 4))) & 7];
        }

        return (uint*)table;
    }

    /// <summary>Eight values an entry, in eighths: −8, 0 or 8.</summary>
    public static ulong* OfTernary(ReadOnlySpan<ushort> packed)
    {
        byte* table = Allocate(8 * packed.Length);
        for (int i = 0; i < 8 * packed.Length; i++)
        {
            table[i] = (byte)(8 * (((packed[i / 8] >> (2 * (i % 8))) & 3) - 1));
        }

        return (ulong*)table;
    }

    /// <summary>For each byte, eight bytes that are 255 where its bit is set, the lowest first; of <paramref name="count"/> bytes.</summary>
    /// <param name="count">How many.</param>
    /// <param name="withParity">Whether the eighth bit of a byte is the parity of the other seven, whatever it is.</param>
    public static ulong* OfBits(int count, bool withParity)
    {
        byte* table = Allocate(8 * count);
        for (int i = 0; i < count; i++)
        {
            int bits = withParity ? i | ((int.PopCount(i) & 1) << 7) : i;
            for (int j = 0; j < 8; j++)
            {
                table[(8 * i) + j] = (byte)-((bits >> j) & 1);
            }
        }

        return (ulong*)table;
    }

    private static byte* Allocate(int bytes)
    {
        // Native memory: a table is made once and never freed.
        return (byte*)NativeMemory.AlignedAlloc((nuint)bytes, 64);
    }
}
