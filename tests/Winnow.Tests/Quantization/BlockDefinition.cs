using System.Buffers.Binary;
using Winnow.Quantization.Grids;
using Winnow.Tensors;

namespace Winnow.Tests.Quantization;

/// <summary>
/// The published block layouts, element by element: which bits of a block make up the i-th quant, scale and minimum, evaluated in
/// double precision. Slow and written apart from the decoders, to test them.
/// </summary>
internal static class BlockDefinition
{
    /// <summary>Elements and bytes of a block, as published: apart from the engine's own table, to test it.</summary>
    public static (int Length, int Bytes) Geometry(TensorType type) => type switch
    {
        TensorType.F32 => (1, 4),
        TensorType.F16 or TensorType.BF16 => (1, 2),
        TensorType.Q4_0 => (32, 2 + 16),
        TensorType.Q4_1 => (32, 2 + 2 + 16),
        TensorType.Q5_0 => (32, 2 + 4 + 16),
        TensorType.Q5_1 => (32, 2 + 2 + 4 + 16),
        TensorType.Q8_0 => (32, 2 + 32),
        TensorType.Q2_K => (256, 16 + 64 + 2 + 2),
        TensorType.Q3_K => (256, 32 + 64 + 12 + 2),
        TensorType.Q4_K => (256, 2 + 2 + 12 + 128),
        TensorType.Q5_K => (256, 2 + 2 + 12 + 32 + 128),
        TensorType.Q6_K => (256, 128 + 64 + 16 + 2),
        TensorType.Q8_K => (256, 4 + 256 + 16 * 2),
        TensorType.IQ4_NL => (32, 2 + 16),
        TensorType.IQ4_XS => (256, 2 + 2 + 4 + 128),
        TensorType.IQ3_XXS => (256, 2 + 64 + 32),
        TensorType.IQ3_S => (256, 2 + 64 + 8 + 32 + 4),
        TensorType.IQ2_XXS => (256, 2 + 64),
        TensorType.IQ2_XS => (256, 2 + 64 + 8),
        TensorType.IQ2_S => (256, 2 + 32 + 32 + 8 + 8),
        TensorType.IQ1_S => (256, 2 + 32 + 16),
        TensorType.IQ1_M => (256, 32 + 16 + 8),
        TensorType.TQ1_0 => (256, 48 + 4 + 2),
        TensorType.TQ2_0 => (256, 64 + 2),
        TensorType.MXFP4 => (32, 1 + 16),
        TensorType.NVFP4 => (64, 4 + 32),
        TensorType.Q1_0 => (128, 2 + 16),
        TensorType.Q2_0 => (64, 2 + 16),
        TensorType.F64 or TensorType.I64 => (1, 8),
        TensorType.I32 => (1, 4),
        TensorType.I16 => (1, 2),
        TensorType.I8 => (1, 1),
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "no definition"),
    };

    /// <summary>Where the 16 bits lie that hold the exponents of a block: its f16 fields, or the upper half of an f32.</summary>
    public static int[] ExponentFields(TensorType type) => type switch
    {
        TensorType.F32 => [2],
        TensorType.F16 or TensorType.BF16 or TensorType.Q4_0 or TensorType.Q5_0 or TensorType.Q8_0 => [0],
        TensorType.Q4_1 or TensorType.Q5_1 or TensorType.Q4_K or TensorType.Q5_K => [0, 2],
        TensorType.Q2_K => [80, 82],
        TensorType.Q3_K => [108],
        TensorType.Q6_K => [208],
        TensorType.IQ4_NL or TensorType.IQ4_XS or TensorType.IQ3_XXS or TensorType.IQ3_S or TensorType.IQ2_XXS or TensorType.IQ2_XS
            or TensorType.IQ2_S or TensorType.IQ1_S or TensorType.Q1_0 or TensorType.Q2_0 => [0],
        TensorType.TQ1_0 => [52],
        TensorType.TQ2_0 => [64],
        TensorType.Q8_K => [2],
        TensorType.F64 => [6],
        TensorType.IQ1_M => [54],
        TensorType.MXFP4 or TensorType.NVFP4 or TensorType.I8 or TensorType.I16 or TensorType.I32 or TensorType.I64 => [],
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "no definition"),
    };

    public static float Value(TensorType type, ReadOnlySpan<byte> block, int i) => (float)(type switch
    {
        TensorType.F32 => BinaryPrimitives.ReadSingleLittleEndian(block),
        TensorType.F16 => Half(block, 0),
        TensorType.BF16 => BitConverter.Int32BitsToSingle(Bits(block, 0, 16) << 16),
        TensorType.Q4_0 => Half(block, 0) * (Bits(block, 16 + 8 * (i % 16) + 4 * (i / 16), 4) - 8),
        TensorType.Q4_1 => Half(block, 0) * Bits(block, 32 + 8 * (i % 16) + 4 * (i / 16), 4) + Half(block, 2),
        TensorType.Q5_0 => Half(block, 0) * (Bits(block, 48 + 8 * (i % 16) + 4 * (i / 16), 4) + 16 * Bits(block, 16 + i, 1) - 16),
        TensorType.Q5_1 => Half(block, 0) * (Bits(block, 64 + 8 * (i % 16) + 4 * (i / 16), 4) + 16 * Bits(block, 32 + i, 1)) + Half(block, 2),
        TensorType.Q8_0 => Half(block, 0) * Signed(Bits(block, 16 + 8 * i, 8)),
        TensorType.Q2_K => Half(block, 80) * Bits(block, 8 * (i / 16), 4) * PairOfRun(block, 16, i)
            - Half(block, 82) * Bits(block, 8 * (i / 16) + 4, 4),
        TensorType.Q3_K => Half(block, 108) * (Q3KScale(block, i / 16) - 32)
            * (PairOfRun(block, 32, i) + 4 * Bits(block, 8 * (i % 32) + i / 32, 1) - 4),
        TensorType.Q4_K => Half(block, 0) * SixBits(block, i / 32, 0) * NibbleOfPair(block, 16, i)
            - Half(block, 2) * SixBits(block, i / 32, 4),
        TensorType.Q5_K => Half(block, 0) * SixBits(block, i / 32, 0) * (NibbleOfPair(block, 48, i) + 16 * Bits(block, 128 + 8 * (i % 32) + i / 32, 1))
            - Half(block, 2) * SixBits(block, i / 32, 4),
        TensorType.Q8_K => BinaryPrimitives.ReadSingleLittleEndian(block) * Signed(Bits(block, 32 + 8 * i, 8)),
        TensorType.IQ4_NL => Half(block, 0) * NonLinear[Bits(block, 16 + 8 * (i % 16) + 4 * (i / 16), 4)],
        TensorType.IQ4_XS => Half(block, 0) * (Bits(block, 32 + 4 * (i / 32), 4) + 16 * Bits(block, 16 + 2 * (i / 32), 2) - 32)
            * NonLinear[Bits(block, 64 + 128 * (i / 32) + 8 * (i % 16) + 4 * (i % 32 / 16), 4)],
        TensorType.IQ3_XXS => Half(block, 0) / 4 * (2 * Bits(block, 528 + 32 * (i / 32) + 28, 4) + 1)
            * Magnitude3(ThreeBitGrids.Iq3Xxs[block[2 + i / 4]], i, [4, 12, 20, 28, 36, 44, 52, 62])
            * SignOfSeven(Bits(block, 528 + 32 * (i / 32) + 7 * (i % 32 / 8), 7), i),
        TensorType.IQ3_S => Half(block, 0) * (2 * Bits(block, 848 + 4 * (i / 32), 4) + 1)
            * Magnitude3(ThreeBitGrids.Iq3S[block[2 + i / 4] + 256 * Bits(block, 528 + i / 4, 1)], i, [1, 3, 5, 7, 9, 11, 13, 15])
            * (1 - 2 * Bits(block, 592 + i, 1)),
        TensorType.IQ2_XXS => Half(block, 0) / 8 * (2 * Bits(block, 16 + 64 * (i / 32) + 60, 4) + 1)
            * Magnitude2(TwoBitGrids.Iq2Xxs[Bits(block, 16 + 64 * (i / 32) + 8 * (i % 32 / 8), 8)], i)
            * SignOfSeven(Bits(block, 16 + 64 * (i / 32) + 32 + 7 * (i % 32 / 8), 7), i),
        TensorType.IQ2_XS => Half(block, 0) / 8 * (2 * Bits(block, 528 + 4 * (i / 16), 4) + 1)
            * Magnitude2(TwoBitGrids.Iq2Xs[Bits(block, 16 + 16 * (i / 8), 9)], i)
            * SignOfSeven(Bits(block, 16 + 16 * (i / 8) + 9, 7), i),
        TensorType.IQ2_S => Half(block, 0) / 8 * (2 * Bits(block, 592 + 4 * (i / 16), 4) + 1)
            * Magnitude2(TwoBitGrids.Iq2S[block[2 + i / 8] + 256 * Bits(block, 528 + 2 * (i / 8), 2)], i)
            * (1 - 2 * Bits(block, 272 + i, 1)),
        TensorType.IQ1_S => Half(block, 0) * (2 * Bits(block, 272 + 16 * (i / 32) + 12, 3) + 1)
            * (Ternary(block[2 + i / 8] + 256 * Bits(block, 272 + 16 * (i / 32) + 3 * (i % 32 / 8), 3), i)
                + 0.125 - 0.25 * Bits(block, 272 + 16 * (i / 32) + 15, 1)),
        TensorType.IQ1_M => Half([(byte)(Bits(block, 396, 4) + 16 * Bits(block, 412, 4)), (byte)(Bits(block, 428, 4) + 16 * Bits(block, 444, 4))], 0)
            * (2 * Bits(block, 384 + 16 * (i / 64) + 3 * (i % 64 / 16), 3) + 1)
            * (Ternary(block[i / 8] + 256 * Bits(block, 256 + 4 * (i / 8), 3), i) + 0.125 - 0.25 * Bits(block, 256 + 4 * (i / 8) + 3, 1)),
        TensorType.TQ1_0 => Half(block, 52) * (TernaryDigit(block, i) - 1),
        TensorType.TQ2_0 => Half(block, 64) * (PairOfRun(block, 0, i) - 1),
        TensorType.MXFP4 => Math.ScaleB(DoubledE2M1[Bits(block, 8 + 8 * (i % 16) + 4 * (i / 16), 4)], block[0] == 0 ? -128 : block[0] - 128),
        TensorType.NVFP4 => E4M3(block[i / 16]) / 2 * DoubledE2M1[Bits(block, 32 + 64 * (i / 16) + 8 * (i % 8) + 4 * (i % 16 / 8), 4)],
        TensorType.Q1_0 => Half(block, 0) * (2 * Bits(block, 16 + i, 1) - 1),
        TensorType.Q2_0 => Half(block, 0) * (Bits(block, 16 + 2 * i, 2) - 1),
        TensorType.F64 => BinaryPrimitives.ReadDoubleLittleEndian(block),
        TensorType.I64 => (float)BinaryPrimitives.ReadInt64LittleEndian(block),
        TensorType.I32 => BinaryPrimitives.ReadInt32LittleEndian(block),
        TensorType.I16 => BinaryPrimitives.ReadInt16LittleEndian(block),
        TensorType.I8 => Signed(block[0]),
        TensorType.Q6_K => Half(block, 208) * Signed(Bits(block, 8 * (192 + i / 16), 8))
            * (Bits(block, 8 * (i / 128 * 64 + i % 64) + i % 128 / 64 * 4, 4) + 16 * PairOfRun(block, 128, i) - 32),
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "no definition"),
    });

    /// <summary>An IEEE half at a byte offset, from its fields.</summary>
    public static double Half(ReadOnlySpan<byte> block, int offset)
    {
        int sign = Bits(block, 8 * offset + 15, 1) == 1 ? -1 : 1;
        int exponent = Bits(block, 8 * offset + 10, 5);
        int fraction = Bits(block, 8 * offset, 10);
        return exponent switch
        {
            0 => sign * Math.ScaleB(fraction, -24),
            31 => fraction == 0 ? sign * double.PositiveInfinity : double.NaN,
            _ => sign * Math.ScaleB(1024 + fraction, exponent - 25),
        };
    }

    /// <summary>A little-endian bit field.</summary>
    private static int Bits(ReadOnlySpan<byte> block, int first, int count)
    {
        int value = 0;
        for (int k = count - 1; k >= 0; k--)
        {
            value = 2 * value + ((block[(first + k) / 8] >> ((first + k) % 8)) & 1);
        }

        return value;
    }

    private static int Signed(int value) => value < 128 ? value : value - 256;

    /// <summary>2-bit quants: each 128 elements are 32 bytes; a byte holds the elements 32 apart.</summary>
    private static int PairOfRun(ReadOnlySpan<byte> block, int offset, int i) => Bits(block, 8 * (offset + i / 128 * 32 + i % 32) + i % 128 / 32 * 2, 2);

    /// <summary>4-bit quants: each 64 elements are 32 bytes; a byte holds two elements 32 apart.</summary>
    private static int NibbleOfPair(ReadOnlySpan<byte> block, int offset, int i) => Bits(block, 8 * (offset + i / 64 * 32 + i % 32) + i % 64 / 32 * 4, 4);

    /// <summary>6-bit scales (part 0) and minima (part 4) in the 12 bytes from byte 4 on.</summary>
    private static int SixBits(ReadOnlySpan<byte> block, int group, int part) => group < 4
        ? Bits(block, 8 * (4 + group + part), 6)
        : Bits(block, 8 * (4 + group + 4) + part, 4) + 16 * Bits(block, 8 * (4 + group - 4 + part) + 6, 2);

    private static int Q3KScale(ReadOnlySpan<byte> block, int group) =>
        Bits(block, 8 * (96 + group % 8) + group / 8 * 4, 4) + 16 * Bits(block, 8 * (104 + group % 4) + group / 4 * 2, 2);

    private static readonly int[] NonLinear = [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];

    private static readonly int[] DoubledE2M1 = [0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12];

    private static int Magnitude2(ushort entry, int i) => ((entry >> (2 * (i % 8))) & 3) switch { 0 => 8, 1 => 25, _ => 43 };

    private static int Magnitude3(ushort entry, int i, int[] levels) => levels[(entry >> (3 * (i % 4))) & 7];

    private static int Ternary(int index, int i) => ((TernaryGrid.Iq1[index] >> (2 * (i % 8))) & 3) - 1;

    /// <summary>Seven bits, and their parity.</summary>
    private static int SignOfSeven(int bits, int i)
    {
        int bit = i % 8 < 7 ? (bits >> (i % 8)) & 1 : int.PopCount(bits) % 2;
        return 1 - 2 * bit;
    }

    /// <summary>The first 160 elements lie in runs of 32, the next 80 in runs of 16, the last 16 in runs of four.</summary>
    private static int TernaryDigit(ReadOnlySpan<byte> block, int i)
    {
        (int at, int power) = i switch
        {
            < 160 => (i % 32, i / 32),
            < 240 => (32 + (i - 160) % 16, (i - 160) / 16),
            _ => (48 + (i - 240) % 4, (i - 240) / 4),
        };
        int scaled = (int)(block[at] * Math.Pow(3, power)) % 256;
        return 3 * scaled / 256;
    }

    private static double E4M3(int scale)
    {
        int exponent = scale / 8 % 16;
        double value = exponent == 0 ? scale % 8 / 512.0 : Math.ScaleB(1 + scale % 8 / 8.0, exponent - 7);
        return scale == 0x7F ? 0 : value;
    }
}
