using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Winnow.Quantization.Grids;

namespace Winnow.Quantization.SignedBlocks;

/// <summary>Entries of eight magnitudes, as IQ2 types have them.</summary>
internal static unsafe class EightMagnitudes
{
    /// <summary>Unpacks eight entries. Needs AVX2.</summary>
    /// <param name="grid">The entries.</param>
    /// <param name="index">Which.</param>
    /// <param name="signs">64 bits, set where a weight is negative.</param>
    /// <param name="quants">Receives 64 quants.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(ulong* grid, Vector256<int> index, uint* signs, sbyte* quants)
    {
        Vector256<ulong> first = Avx2.GatherVector256(grid, index.GetLower(), sizeof(ulong));
        Vector256<ulong> second = Avx2.GatherVector256(grid, index.GetUpper(), sizeof(ulong));
        Signs.Apply(first.AsSByte(), signs[0]).Store(quants);
        Signs.Apply(second.AsSByte(), signs[1]).Store(quants + 32);
    }
}
