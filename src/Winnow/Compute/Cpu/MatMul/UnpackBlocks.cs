using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Winnow.Compute.Cpu.MatMul;

/// <summary>Blocks of 32 quants into the words of <see cref="PanelLayout.Per32"/> and <see cref="PanelLayout.Wide32"/>.</summary>
internal static unsafe class UnpackBlocks
{
    /// <summary>Needs AVX2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Quants<TBlock>(byte* block, int count, uint* words)
        where TBlock : IBlock
    {
        for (; count > 0; count--, block += TBlock.Bytes, words += PanelLayout.Per32.Words)
        {
            Vector256<byte> quants = TBlock.Quants(block);
            (TBlock.Bits == 4 ? quants + quants : quants).Store((byte*)words);
            StoreFactors<TBlock>(block, words);
        }
    }

    /// <summary>In 128 bits, on every processor.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Quants128<TBlock>(byte* block, int count, uint* words)
        where TBlock : IBlock
    {
        for (; count > 0; count--, block += TBlock.Bytes, words += PanelLayout.Per32.Words)
        {
            Unpack128<TBlock>(block, words);
        }
    }

    /// <summary>One block in 128 bits, on every processor: nibbles are its last 16 bytes, fifth bits the four before.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Unpack128<TBlock>(byte* block, uint* words)
        where TBlock : IBlock
    {
        Vector128<byte> packed = Vector128.Load(block + TBlock.Bytes - 16);
        Vector128<byte> low = packed & Vector128.Create((byte)15);
        Vector128<byte> high = packed >> 4;
        if (TBlock.Bits == 5)
        {
            uint bits = *(uint*)(block + TBlock.Bytes - 20);
            low |= FifthBits(bits);
            high |= FifthBits(bits >> 16);
        }
        else
        {
            low += low;
            high += high;
        }

        low.Store((byte*)words);
        high.Store((byte*)words + 16);
        StoreFactors<TBlock>(block, words);
    }

    /// <summary>Needs AVX2.</summary>
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

    /// <summary>In 128 bits, on every processor.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Q8_0In128(byte* block, int count, uint* words)
    {
        for (; count > 0; count--, block += 34, words += PanelLayout.Wide32.Words)
        {
            for (int i = 0; i < 32; i += 16)
            {
                (Vector128<short> low, Vector128<short> high) = Vector128.Widen(Vector128.Load((sbyte*)block + 2 + i));
                low.Store((short*)words + i);
                high.Store((short*)words + i + 8);
            }

            ((float*)words)[PanelLayout.Wide32.Scale] = HalfBits.ToSingle(*(ushort*)block);
        }
    }

    /// <summary>The kernel subtracts 16 from every quant: those of four bits are doubled and their scale halved; minima are adjusted.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreFactors<TBlock>(byte* block, uint* words)
        where TBlock : IBlock
    {
        float scale = HalfBits.ToSingle(*(ushort*)block);
        float centre = 1 << (TBlock.Bits - 1);
        ((float*)words)[PanelLayout.Per32.Scale] = TBlock.Bits == 4 ? scale / 2 : scale;
        ((float*)words)[PanelLayout.Per32.Minimum] = TBlock.HasMinimum ? HalfBits.ToSingle(*(ushort*)(block + 2)) + (centre * scale) : 0;
    }

    /// <summary>16 in each byte whose bit of the lowest sixteen is set.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> FifthBits(uint bits)
    {
        const ulong EachByte = 0x0101010101010101;
        Vector128<byte> spread = Vector128.Create((bits & 0xFF) * EachByte, ((bits >> 8) & 0xFF) * EachByte).AsByte();
        Vector128<byte> mask = Vector128.Create(0x8040201008040201UL).AsByte();
        return Vector128.Equals(spread & mask, mask) & Vector128.Create((byte)16);
    }
}
