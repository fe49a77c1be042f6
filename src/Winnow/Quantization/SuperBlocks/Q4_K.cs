using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Winnow.Quantization.Encoding;
using Winnow.Quantization.Layouts;
using Winnow.Tensors;

namespace Winnow.Quantization.SuperBlocks;

/// <summary>
/// Q4_K, blocks of 256 in 144 bytes: f16 d, f16 dmin, 12 bytes of <see cref="PackedScales"/>, 128 bytes of 4-bit quants;
/// x = d·scale·q − dmin·minimum, with a scale and a minimum per 32. Each 64 elements have 32 bytes: the first 32 elements in the
/// low, the others in the high nibbles.
/// </summary>
internal readonly unsafe struct Q4_K : ISuperBlock
{
    private const int Length = 256;

    public static int Bytes => BlockSizeBytes.Q4_K;

    public static bool ScalesPer32 => true;

    public static SuperBlockForm Form => SuperBlockForm.Per32;

    public static int Centre => 0;

    public static void Decode(ReadOnlySpan<byte> source, Span<float> destination)
    {
        for (; destination.Length != 0; source = source[Bytes..], destination = destination[Length..])
        {
            float d = (float)BinaryPrimitives.ReadHalfLittleEndian(source);
            float dmin = (float)BinaryPrimitives.ReadHalfLittleEndian(source[2..]);
            ReadOnlySpan<byte> packed = source.Slice(4, PackedScales.Bytes);
            for (int group = 0; group < 8; group++)
            {
                float scale = d * PackedScales.Scale(packed, group);
                float minimum = dmin * PackedScales.Minimum(packed, group);
                int shift = group % 2 * 4;
                ReadOnlySpan<byte> quants = source.Slice(16 + group / 2 * 32, 32);
                Span<float> values = destination.Slice(group * 32, 32);
                for (int j = 0; j < values.Length; j++)
                {
                    values[j] = scale * ((quants[j] >> shift) & 15) - minimum;
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
                ScaleMinSearch.Encode(source[..Length], top: 15, firstStep: -1f, steps: 21, destination[..16], levels);
            }
            else
            {
                AffineBlockSearch.EncodePer32(source[..Length], ErrorWeights.Next(ref importance, Length), 15, destination[..16], levels);
            }

            for (int pair = 0; pair < 4; pair++)
            {
                ReadOnlySpan<byte> low = levels.Slice(pair * 64, 32);
                ReadOnlySpan<byte> high = levels.Slice(pair * 64 + 32, 32);
                Span<byte> quants = destination.Slice(16 + pair * 32, 32);
                for (int j = 0; j < quants.Length; j++)
                {
                    quants[j] = (byte)(low[j] | (high[j] << 4));
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Quants32(byte* block, int part) => SuperBlockBits.FourBits32(block + 16, part);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<short> Factors(byte* block) => Avx2.ConvertToVector256Int16(SuperBlockBits.ScalesThenMinima(block + 4));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<short> Minima(byte* block, Vector256<short> factors) => factors;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Multipliers(byte* block) => SuperBlockBits.TwoHalves(block);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Unpack(byte* block, uint* words)
    {
        SuperBlockWords.StoreQuants<Q4_K>(block, words, 0);
        Vector256<short> factors = Factors(block);
        Sse2.UnpackLow(factors.GetLower(), factors.GetLower()).Store((short*)(words + BlockWords.Super32.Scales));
        Sse2.UnpackHigh(factors.GetLower(), factors.GetLower()).Store((short*)(words + BlockWords.Super32.Scales + 4));
        factors.GetUpper().Store((short*)(words + BlockWords.Super32.Minima));
        SuperBlockWords.StoreMultipliers(Multipliers(block), words + BlockWords.Super32.Scale);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Unpack128(byte* block, uint* words)
    {
        byte* quants = (byte*)words;
        for (int i = 0; i < 128; i += 32, quants += 64)
        {
            Vector128<byte> first = Vector128.Load(block + 16 + i), second = Vector128.Load(block + 32 + i);
            (first & Vector128.Create((byte)15)).Store(quants);
            (second & Vector128.Create((byte)15)).Store(quants + 16);
            (first >> 4).Store(quants + 32);
            (second >> 4).Store(quants + 48);
        }

        Vector128<byte> factors = SuperBlockBits.ScalesThenMinima(block + 4);
        Vector128<short> scales = Vector128.WidenLower(factors).AsInt16();
        SuperBlockWords.Twice(Vector128.WidenLower(scales)).Store(words + BlockWords.Super32.Scales);
        SuperBlockWords.Twice(Vector128.WidenUpper(scales)).Store(words + BlockWords.Super32.Scales + 4);
        Vector128.WidenUpper(factors).Store((ushort*)(words + BlockWords.Super32.Minima));
        SuperBlockWords.StoreMultipliers128((ushort*)block, words + BlockWords.Super32.Scale);
    }
}
