using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Winnow.Compute.Cpu.MatMul;

/// <summary>Blocks of 32 quants into the words of <see cref="PanelLayout.Per32"/> and <see cref="PanelLayout.Wide32"/>. Need AVX2.</summary>
internal static unsafe class UnpackBlocks
{
    /// <summary>The kernel subtracts 16 from every quant: those of four bits are doubled and their scale halved; minima are adjusted.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Quants<TBlock>(byte* block, int count, uint* words)
        where TBlock : IBlock
    {
        for (; count > 0; count--, block += TBlock.Bytes, words += PanelLayout.Per32.Words)
        {
            Vector256<byte> quants = TBlock.Quants(block);
            float scale = HalfBits.ToSingle(*(ushort*)block);
            float centre = 1 << (TBlock.Bits - 1);
            float minimum = TBlock.HasMinimum ? HalfBits.ToSingle(*(ushort*)(block + 2)) + (centre * scale) : 0;
            if (TBlock.Bits == 4)
            {
                quants += quants;
                scale /= 2;
            }

            quants.Store((byte*)words);
            ((float*)words)[PanelLayout.Per32.Scale] = scale;
            ((float*)words)[PanelLayout.Per32.Minimum] = minimum;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Q8_0(byte* block, int count, uint* words)
    {
        for (; count > 0; count--, block += 34, words += PanelLayout.Wide32.Words)
        {
            Avx2.ConvertToVector256Int16((sbyte*)block + 2).Store((short*)words);
            Avx2.ConvertToVector256Int16((sbyte*)block + 18).Store((short*)words + 16);
            ((float*)words)[PanelLayout.Wide32.Scale] = HalfBits.ToSingle(*(ushort*)block);
        }
    }
}
