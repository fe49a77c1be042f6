using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Winnow.Quantization.SignedBlocks;

/// <summary>Entries of four magnitudes, as IQ3 types have them.</summary>
internal static unsafe class FourMagnitudes
{
    /// <summary>Sixteen entries. Needs AVX-512.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<sbyte> Look(uint* grid, Vector512<int> index)
    {
        // .NET gathers in 256 bits at most.
        Vector256<uint> low = Avx2.GatherVector256(grid, index.GetLower(), sizeof(uint));
        Vector256<uint> high = Avx2.GatherVector256(grid, index.GetUpper(), sizeof(uint));
        return Avx512F.InsertVector256(low.ToVector512Unsafe(), high, 1).AsSByte();
    }
}
