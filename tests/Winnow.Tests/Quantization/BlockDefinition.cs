using System.Buffers.Binary;
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
}
