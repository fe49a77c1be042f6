using System.Runtime.CompilerServices;

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
}
