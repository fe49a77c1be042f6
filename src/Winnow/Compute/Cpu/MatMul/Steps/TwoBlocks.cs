using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Winnow.Compute.Cpu.MatMul.Rows;
using Winnow.Quantization.Layouts;

namespace Winnow.Compute.Cpu.MatMul.Steps;

/// <summary>Two blocks in 512 bits. Needs AVX-512.</summary>
internal readonly unsafe struct TwoBlocks : IBlockVector<Vector512<int>>
{
    public static int Count => 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Quants<TBlock>(byte* block)
        where TBlock : IBlock => TBlock.Quants64(block).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Scales(Vector256<float> scales, int vector) =>
        Dot512.Pair(scales.ToVector512Unsafe(), 2 * vector).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Fold(Vector512<int> sum) => sum.AsSingle().GetLower() + sum.AsSingle().GetUpper();
}
