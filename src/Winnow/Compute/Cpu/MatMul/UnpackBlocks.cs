using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Winnow.Compute.Cpu.MatMul;

/// <summary>Blocks of 32 quants into the words of <see cref="PanelLayout.Per32"/> and <see cref="PanelLayout.Wide32"/>. Need AVX2.</summary>
/// <remarks>The kernel subtracts 16 from every quant, so four-bit quants with an offset of 8 are doubled and their scale halved.</remarks>
internal static unsafe class UnpackBlocks
{
    public static void Q4_0(byte* block, int count, uint* words)
    {
        for (; count > 0; count--, block += 18, words += PanelLayout.Per32.Words)
        {
            Vector256<byte> q = DotInt8Per32.Nibbles(block + 2);
            Store(q + q, HalfBits.ToSingle(*(ushort*)block) / 2, 0, words);
        }
    }

    public static void Q4_1(byte* block, int count, uint* words)
    {
        for (; count > 0; count--, block += 20, words += PanelLayout.Per32.Words)
        {
            Vector256<byte> q = DotInt8Per32.Nibbles(block + 4);
            float d = HalfBits.ToSingle(*(ushort*)block);
            Store(q + q, d / 2, HalfBits.ToSingle(*(ushort*)(block + 2)) + (8 * d), words);
        }
    }

    public static void Q5_0(byte* block, int count, uint* words)
    {
        for (; count > 0; count--, block += 22, words += PanelLayout.Per32.Words)
        {
            Vector256<byte> q = DotInt8Per32.Nibbles(block + 6) | DotInt8Per32.FifthBits(*(uint*)(block + 2));
            Store(q, HalfBits.ToSingle(*(ushort*)block), 0, words);
        }
    }

    public static void Q5_1(byte* block, int count, uint* words)
    {
        for (; count > 0; count--, block += 24, words += PanelLayout.Per32.Words)
        {
            Vector256<byte> q = DotInt8Per32.Nibbles(block + 8) | DotInt8Per32.FifthBits(*(uint*)(block + 4));
            float d = HalfBits.ToSingle(*(ushort*)block);
            Store(q, d, HalfBits.ToSingle(*(ushort*)(block + 2)) + (16 * d), words);
        }
    }

    public static void Q8_0(byte* block, int count, uint* words)
    {
        for (; count > 0; count--, block += 34, words += PanelLayout.Wide32.Words)
        {
            Avx2.ConvertToVector256Int16((sbyte*)block + 2).Store((short*)words);
            Avx2.ConvertToVector256Int16((sbyte*)block + 18).Store((short*)words + 16);
            ((float*)words)[PanelLayout.Wide32.Scale] = HalfBits.ToSingle(*(ushort*)block);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector256<byte> quants, float scale, float minimum, uint* words)
    {
        quants.Store((byte*)words);
        ((float*)words)[PanelLayout.Per32.Scale] = scale;
        ((float*)words)[PanelLayout.Per32.Minimum] = minimum;
    }
}
