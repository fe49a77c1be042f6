using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Winnow.Compute.Cpu.MatMul.Rows;
using Winnow.Quantization.Layouts;

namespace Winnow.Compute.Cpu.MatMul.Steps;

/// <summary>One block in 256 bits. Needs AVX2.</summary>
internal readonly unsafe struct OneBlock : IBlockVector<Vector256<int>>
{
    public static int Count => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Quants<TBlock>(byte* block)
        where TBlock : IBlock => TBlock.Quants32(block).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Scales(Vector256<float> scales, int vector) => DotInt8Per32.Pick(scales, vector).AsInt32();

    public static Vector256<float> Fold(Vector256<int> sum) => sum.AsSingle();
}
