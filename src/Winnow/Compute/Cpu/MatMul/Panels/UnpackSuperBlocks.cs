using System.Runtime.CompilerServices;
using Winnow.Quantization.Layouts;

namespace Winnow.Compute.Cpu.MatMul.Panels;

/// <summary>Super-blocks of K-quants into the words of their <see cref="SuperBlockForm"/>.</summary>
internal static unsafe class UnpackSuperBlocks
{
    /// <summary>In 128 bits, on every processor.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void In128<TBlock>(byte* block, int count, uint* words)
        where TBlock : ISuperBlock
    {
        for (; count > 0; count--, block += TBlock.Bytes, words += Words<TBlock>())
        {
            TBlock.Unpack128(block, words);
        }
    }

    /// <summary>Needs AVX2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void In256<TBlock>(byte* block, int count, uint* words)
        where TBlock : ISuperBlock
    {
        for (; count > 0; count--, block += TBlock.Bytes, words += Words<TBlock>())
        {
            TBlock.Unpack(block, words);
        }
    }

    /// <summary>Words of a block.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Words<TBlock>()
        where TBlock : ISuperBlock => TBlock.Form == SuperBlockForm.Per32 ? BlockWords.Super32.Words : BlockWords.Super16.Words;
}
