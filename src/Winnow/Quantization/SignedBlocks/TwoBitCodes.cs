using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Winnow.Quantization.Grids;

namespace Winnow.Quantization.SignedBlocks;

/// <summary>The magnitudes of IQ2 types with their signs, 64 at a time. Needs AVX-512 with VBMI.</summary>
/// <remarks>
/// The entries of a packed grid, two bits a magnitude, are gathered eight at a time, where those of eight bytes would be four at a time.
/// What a code means is looked up together with its sign.
/// </remarks>
internal static unsafe class TwoBitCodes
{
    /// <summary>
    /// What codes with their sign as the third bit mean: 8, 25, 43 and none, then their negatives; again and again, since look-ups ignore
    /// all but the lowest bits.
    /// </summary>
    public static Vector512<sbyte> Values
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Vector512.Create(0x00D5E7F8_002B1908).AsSByte();
    }

    /// <summary>Eight entries.</summary>
    /// <param name="grid">Of <see cref="GridTables.Packed"/>.</param>
    /// <param name="index">The entries.</param>
    /// <param name="signs">64 bits, set where a weight is negative.</param>
    /// <param name="values"><see cref="Values"/>.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<sbyte> Look(ushort* grid, Vector256<int> index, ulong* signs, Vector512<sbyte> values)
    {
        Vector256<int> entries = Avx2.GatherVector256((int*)grid, index, sizeof(ushort));
        Vector512<ulong> wide = Avx512F.ConvertToVector512UInt64(entries.AsUInt32());
        Vector512<byte> codes = Avx512Vbmi.MultiShift(Vector512.Create(0x0E0C0A0806040200).AsByte(), wide);
        Vector512<byte> signed = Vector512.ConditionalSelect(Vector512.Create((byte)4), Signs.Spread(signs, 2), codes);
        return Avx512Vbmi.PermuteVar64x8(values, signed.AsSByte());
    }
}
