using System.Runtime.Intrinsics;
using Winnow.Quantization.Layouts;

namespace Winnow.Compute.Cpu.MatMul.Steps;

/// <summary>A vector that holds the quants of as many neighbouring blocks of 32 as fit.</summary>
internal unsafe interface IBlockVector<TVector>
    where TVector : struct
{
    /// <summary>Blocks of a vector.</summary>
    static abstract int Count { get; }

    /// <summary>The unsigned quants of this block and those after it.</summary>
    static abstract TVector Quants<TBlock>(byte* block)
        where TBlock : IBlock;

    /// <summary>In the lanes of each block its f32 scale.</summary>
    /// <param name="scales">Those of eight blocks.</param>
    /// <param name="vector">Which vector of the eight blocks; a literal.</param>
    static abstract TVector Scales(Vector256<float> scales, int vector);

    /// <summary>The lanes of all blocks, added to those of one.</summary>
    static abstract Vector256<float> Fold(TVector sum);
}
