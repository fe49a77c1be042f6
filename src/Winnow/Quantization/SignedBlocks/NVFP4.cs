using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Winnow.Quantization.Layouts;
using Winnow.Tensors;

namespace Winnow.Quantization.SignedBlocks;

/// <summary>
/// NVFP4, blocks of 64 in 36 bytes: four scales (floats of four exponent and three mantissa bits without a sign, E4M3), 4-bit codes;
/// x = scale/2 · <see cref="FourBitCodes.DoubledE2M1"/>[code]. Each 16 weights have eight bytes: the low nibbles come first.
/// </summary>
internal readonly unsafe struct NVFP4 : ISignedBlock
{
    private const int Packed = 4;

    /// <summary>Half the value of each byte that can be a scale. 0 and 127 are 0, the top bit is ignored unless all bits are set.</summary>
    private static readonly float[] HalfScales = [.. Enumerable.Range(0, 256).Select(i => HalfScale((byte)i))];

    public static int Bytes => BlockSizeBytes.NVFP4;

    public static int Length => 64;

    public static bool ScalesPer32 => false;

    public static void Encode(ReadOnlySpan<float> source, ReadOnlySpan<float> importance, Span<byte> destination)
    {
        Span<byte> codes = stackalloc byte[16];
        for (; source.Length != 0; source = source[Length..], destination = destination[Bytes..])
        {
            for (int i = 0; i < 4; i++)
            {
                ReadOnlySpan<float> part = source.Slice(16 * i, 16);
                destination[i] = ScaleOf(FourBitCodes.Largest(part) / 6);
                FourBitCodes.EncodeE2M1(part, HalfScales[destination[i]], codes);
                for (int j = 0; j < 8; j++)
                {
                    destination[Packed + (8 * i) + j] = (byte)(codes[j] | (codes[j + 8] << 4));
                }
            }
        }
    }

    /// <summary>The byte whose value is nearest, of equals the larger; at most 448.</summary>
    private static byte ScaleOf(float value)
    {
        int best = 0;
        for (int i = 1; i < 0x7F; i++)
        {
            best = MathF.Abs((2 * HalfScales[i]) - value) <= MathF.Abs((2 * HalfScales[best]) - value) ? i : best;
        }

        return (byte)best;
    }

    public static ushort ScaleBits(byte* block) => ISignedBlock.One;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Unpack(byte* block, float d, sbyte* quants, float* scales)
    {
        Vector128<sbyte> table = Vector128.Create(FourBitCodes.DoubledE2M1);
        ReadOnlySpan<float> values = HalfScales;
        for (int i = 0; i < 4; i++)
        {
            scales[i] = values[block[i]];
            ulong codes = *(ulong*)(block + Packed + (8 * i));
            const ulong Low = 0x0F0F0F0F_0F0F0F0F;
            Vector128.ShuffleNative(table, Vector128.Create(codes & Low, (codes >> 4) & Low).AsSByte()).Store(quants + (16 * i));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Unpack256(byte* blocks, sbyte* quants, float* scales) => SignedGroup.Unpack<NVFP4>(blocks, SignedGroup.Length, quants, scales);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Unpack512(byte* blocks, sbyte* quants, float* scales) => Unpack256(blocks, quants, scales);

    /// <summary>Half of what a byte means.</summary>
    public static float HalfScale(byte scale)
    {
        if (scale == 0x7F)
        {
            return 0;
        }

        int exponent = (scale >> 3) & 15;
        int mantissa = scale & 7;
        return exponent == 0 ? MathF.ScaleB(mantissa, -10) : MathF.ScaleB(8 + mantissa, exponent - 11);
    }
}
