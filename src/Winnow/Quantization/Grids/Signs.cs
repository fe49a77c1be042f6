using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Winnow.Quantization.Grids;

/// <summary>Signs of eight quants at once.</summary>
internal static unsafe class Signs
{
    private const ulong Ones = 0x0101010101010101;

    /// <summary>Eight bytes of each of 256 patterns: 255 where a bit is set.</summary>
    public static readonly ulong* OfByte = GridTables.OfBits(256, withParity: false);

    /// <summary>The same of seven bits, whose parity is the eighth.</summary>
    public static readonly ulong* OfSevenBits = GridTables.OfBits(128, withParity: true);

    /// <summary>Negates those of eight magnitudes whose mask is 255. None may be 0: then no byte carries into its neighbour.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Apply(ulong magnitudes, ulong masks) => (magnitudes ^ masks) + (masks & Ones);

    /// <summary>Of each seven bits, which are a byte, all eight: the last is their parity. Needs AVX2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> WithParity(Vector256<byte> sevenBits)
    {
        Vector256<byte> nibble = Vector256.Create((byte)15);
        Vector128<byte> half = Vector128.Create((byte)0, 128, 128, 0, 128, 0, 0, 128, 128, 0, 0, 128, 0, 128, 128, 0);
        Vector256<byte> parities = Vector256.Create(half, half);
        Vector256<byte> low = Avx2.Shuffle(parities, sevenBits & nibble);
        Vector256<byte> high = Avx2.Shuffle(parities, (sevenBits.AsUInt16() >> 4).AsByte() & nibble);
        return sevenBits | (low ^ high);
    }

    /// <summary>The 32 bytes of signs of eight words, each of which has four times seven of them. Needs AVX2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> OfWords(Vector256<uint> words)
    {
        Vector256<uint> lower = (words & Vector256.Create(0x7Fu)) | ((words << 1) & Vector256.Create(0x7F00u));
        Vector256<uint> upper = ((words << 2) & Vector256.Create(0x7F0000u)) | ((words << 3) & Vector256.Create(0x7F000000u));
        return WithParity((lower | upper).AsByte());
    }

    /// <summary>Negates those of 32 magnitudes whose bit is set, the lowest first. Needs AVX2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<sbyte> Apply(Vector256<sbyte> magnitudes, uint bits)
    {
        Vector256<byte> spread = Avx2.Shuffle(
            Vector256.Create(bits).AsByte(),
            Vector256.Create((byte)0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3));
        Vector256<byte> own = Vector256.Create(0x8040201008040201).AsByte();
        Vector256<sbyte> masks = Vector256.Equals(spread & own, own).AsSByte();
        return (magnitudes ^ masks) - masks;
    }

    /// <summary>
    /// 64 bits, one in each byte at the same place, the lowest bit in the first byte; what the other places hold is of no use.
    /// Needs AVX-512 with VBMI.
    /// </summary>
    /// <param name="bits">The bits.</param>
    /// <param name="place">Where in its byte each goes, 0 to 7; a literal.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> Spread(ulong* bits, int place) =>
        Avx512Vbmi.MultiShift(Vector512<byte>.Indices - Vector512.Create((byte)place), Vector512.Create(*bits));

    /// <summary>Negates those of 64 magnitudes whose bit is set, the lowest first. Needs AVX-512 with VBMI.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<sbyte> Apply(Vector512<sbyte> magnitudes, ulong* bits) => Vector512.ConditionalSelect(
        Vector512.LessThan(Spread(bits, 7).AsSByte(), Vector512<sbyte>.Zero), Vector512<sbyte>.Zero - magnitudes, magnitudes);
}
