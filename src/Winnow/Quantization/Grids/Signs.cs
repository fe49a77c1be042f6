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
}
