using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Winnow.Quantization.Encoding;
using Winnow.Quantization.Layouts;
using Winnow.Tensors;

namespace Winnow.Quantization.SuperBlocks;

/// <summary>
/// Q5_K, blocks of 256 in 176 bytes: like Q4_K, with 32 bytes between scales and quants for the fifth bits: bit g of byte j
/// belongs to element j of the g-th 32.
/// </summary>
internal readonly unsafe struct Q5_K : ISuperBlock
{
    private const int Length = 256;

    public static int Bytes => BlockSizeBytes.Q5_K;

    public static bool ScalesPer32 => true;

    public static SuperBlockForm Form => SuperBlockForm.Per16;

    public static int Centre => 0;

    public static void Decode(ReadOnlySpan<byte> source, Span<float> destination)
    {
        for (; destination.Length != 0; source = source[Bytes..], destination = destination[Length..])
        {
            float d = (float)BinaryPrimitives.ReadHalfLittleEndian(source);
            float dmin = (float)BinaryPrimitives.ReadHalfLittleEndian(source[2..]);
            ReadOnlySpan<byte> packed = source.Slice(4, PackedScales.Bytes);
            ReadOnlySpan<byte> fifth = source.Slice(16, 32);
            for (int group = 0; group < 8; group++)
            {
                float scale = d * PackedScales.Scale(packed, group);
                float minimum = dmin * PackedScales.Minimum(packed, group);
                int shift = group % 2 * 4;
                ReadOnlySpan<byte> quants = source.Slice(48 + group / 2 * 32, 32);
                Span<float> values = destination.Slice(group * 32, 32);
                for (int j = 0; j < values.Length; j++)
                {
                    int quant = ((quants[j] >> shift) & 15) | (((fifth[j] >> group) & 1) << 4);
                    values[j] = scale * quant - minimum;
                }
            }
        }
    }

    public static void Encode(ReadOnlySpan<float> source, ReadOnlySpan<float> importance, Span<byte> destination)
    {
        Span<byte> levels = stackalloc byte[Length];
        for (; source.Length != 0; source = source[Length..], destination = destination[Bytes..])
        {
            if (importance.IsEmpty)
            {
                ScaleMinSearch.Encode(source[..Length], top: 31, firstStep: -0.5f, steps: 16, destination[..16], levels);
            }
            else
            {
                AffineBlockSearch.EncodePer32(source[..Length], ErrorWeights.Next(ref importance, Length), 31, destination[..16], levels);
            }

            Span<byte> fifth = destination.Slice(16, 32);
            fifth.Clear();
            for (int pair = 0; pair < 4; pair++)
            {
                ReadOnlySpan<byte> low = levels.Slice(pair * 64, 32);
                ReadOnlySpan<byte> high = levels.Slice(pair * 64 + 32, 32);
                Span<byte> quants = destination.Slice(48 + pair * 32, 32);
                for (int j = 0; j < quants.Length; j++)
                {
                    quants[j] = (byte)((low[j] & 15) | (high[j] << 4));
                    fifth[j] |= (byte)(((low[j] >> 4) | (high[j] >> 4 << 1)) << (2 * pair));
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Quants32(byte* block, int part) =>
        SuperBlockBits.FourBits32(block + 48, part) | (SuperBlockBits.Move32(Vector256.Load(block + 16), 4 - part) & Vector256.Create((byte)16));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<short> Factors(byte* block) => Avx2.ConvertToVector256Int16(SuperBlockBits.ScalesThenMinima(block + 4));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<short> Minima(byte* block, Vector256<short> factors) => factors;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Multipliers(byte* block) => SuperBlockBits.TwoHalves(block);

    /// <summary>Five bits overflow int16 after eight quants, so the scales and minima of 32 are given twice, to each 16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Unpack(byte* block, uint* words)
    {
        SuperBlockWords.StoreQuants<Q5_K>(block, words, 0);
        Vector256<short> factors = Factors(block);
        Vector128<short> scales = factors.GetLower();
        Vector128<short> minima = factors.GetUpper();
        SuperBlockWords.StoreScales(Vector256.Create(Sse2.UnpackLow(scales, scales), Sse2.UnpackHigh(scales, scales)), words);
        Vector256.Create(Sse2.UnpackLow(minima, minima), Sse2.UnpackHigh(minima, minima)).Store((short*)(words + BlockWords.Super16.Minima));
        SuperBlockWords.StoreMultipliers(Multipliers(block), words + BlockWords.Super16.Scale);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Unpack128(byte* block, uint* words)
    {
        byte* packed = block + 48;
        byte* quants = (byte*)words;
        for (int pair = 0; pair < 4; pair++, quants += 32)
        {
            for (int i = 0; i < 2; i++, packed += 16, quants += 16)
            {
                Vector128<ushort> bits = Vector128.Load((ushort*)packed);
                Vector128<ushort> fifth = Vector128.Load((ushort*)(block + 16 + (16 * i))) >> (2 * pair);
                Vector128<byte> low = Vector128.Create((byte)15), high = Vector128.Create((byte)16);
                ((bits.AsByte() & low) | ((fifth << 4).AsByte() & high)).Store(quants);
                (((bits >> 4).AsByte() & low) | ((fifth << 3).AsByte() & high)).Store(quants + 32);
            }
        }

        Vector128<byte> factors = SuperBlockBits.ScalesThenMinima(block + 4);
        Vector128<ushort> scales = Vector128.WidenLower(factors), minima = Vector128.WidenUpper(factors);
        SuperBlockWords.StoreScales128((scales | (scales << 8)).AsSByte(), words);
        SuperBlockWords.StoreMinima128((minima | (minima << 8)).AsSByte(), words);
        SuperBlockWords.StoreMultipliers128((ushort*)block, words + BlockWords.Super16.Scale);
    }
}
