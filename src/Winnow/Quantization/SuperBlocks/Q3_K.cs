using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Winnow.Quantization.Encoding;
using Winnow.Quantization.Layouts;
using Winnow.Tensors;

namespace Winnow.Quantization.SuperBlocks;

/// <summary>
/// Q3_K, blocks of 256 in 110 bytes: 32 bytes with the third bits, 64 bytes of low bit pairs (laid out like Q2_K's), 12 bytes
/// with 16 scales of 6 bits, f16 d; x = d·(scale − 32)·(q − 4).
/// </summary>
internal readonly unsafe struct Q3_K : ISuperBlockPer16
{
    private const int Length = 256;

    public static int Bytes => BlockSizeBytes.Q3_K;

    public static bool ScalesPer32 => false;

    public static SuperBlockForm Form => SuperBlockForm.Per16Centred;

    public static int Centre => 4;

    public static void Decode(ReadOnlySpan<byte> source, Span<float> destination)
    {
        for (; destination.Length != 0; source = source[Bytes..], destination = destination[Length..])
        {
            float d = (float)BinaryPrimitives.ReadHalfLittleEndian(source[108..]);
            ReadOnlySpan<byte> scales = source.Slice(96, 12);
            for (int group = 0; group < 16; group++)
            {
                float scale = d * (Scale(scales, group) - 32);
                int run = group / 2;
                int shift = run % 4 * 2;
                ReadOnlySpan<byte> third = source.Slice(group % 2 * 16, 16);
                ReadOnlySpan<byte> quants = source.Slice(32 + group / 8 * 32 + group % 2 * 16, 16);
                Span<float> values = destination.Slice(group * 16, 16);
                for (int j = 0; j < values.Length; j++)
                {
                    values[j] = scale * ((((quants[j] >> shift) & 3) | (((third[j] >> run) & 1) << 2)) - 4);
                }
            }
        }
    }

    /// <summary>Low four bits: groups 0 to 7 in the low, 8 to 15 in the high nibbles of bytes 0 to 7. High two bits: bytes 8 to 11, one pair per four groups.</summary>
    private static int Scale(ReadOnlySpan<byte> scales, int group)
    {
        int low = (scales[group % 8] >> (group / 8 * 4)) & 15;
        int high = (scales[8 + group % 4] >> (group / 4 * 2)) & 3;
        return low | (high << 4);
    }

    public static void Encode(ReadOnlySpan<float> source, ReadOnlySpan<float> importance, Span<byte> destination)
    {
        Span<byte> levels = stackalloc byte[Length];
        Span<byte> scales = stackalloc byte[16];
        for (; source.Length != 0; source = source[Length..], destination = destination[Bytes..])
        {
            Half d = ThreeBitSearch.Encode(source[..Length], ErrorWeights.Next(ref importance, Length), scales, levels);
            destination[..Bytes].Clear();
            BinaryPrimitives.WriteHalfLittleEndian(destination[108..], d);
            SuperBlockBits.PackTwoBits(levels, destination.Slice(32, 64));
            for (int i = 0; i < Length; i++)
            {
                destination[i % 32] |= (byte)(levels[i] >> 2 << (i / 32));
            }

            for (int group = 0; group < 16; group++)
            {
                destination[96 + group % 8] |= (byte)((scales[group] & 15) << (group / 8 * 4));
                destination[104 + group % 4] |= (byte)(scales[group] >> 4 << (group / 4 * 2));
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Quants32(byte* block, int part) =>
        SuperBlockBits.TwoBits32(block + 32, part) | (SuperBlockBits.Move32(Vector256.Load(block), 2 - part) & Vector256.Create((byte)4));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> Quants64(byte* block, int part) =>
        SuperBlockBits.TwoBits64(block + 32, part) | (SuperBlockBits.Spread(block, 2 - (2 * part), 1 - (2 * part)) & Vector512.Create((byte)4));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<short> Factors(byte* block) =>
        Avx2.ConvertToVector256Int16(SuperBlockBits.SixBitScales(block + 96)) - Vector256.Create((short)32);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<short> Minima(byte* block, Vector256<short> factors) => factors;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Multipliers(byte* block) =>
        Vector128.Create(HalfBits.ToSingle(*(ushort*)(block + 108))) * Vector128.Create(1f, Centre, 0, 0);

    /// <summary>Eightfold quants and an eighth of the scale turn the offset of 4 into the 32 that the kernels know.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Unpack(byte* block, uint* words)
    {
        SuperBlockWords.StoreQuants<Q3_K>(block, words, 3);
        SuperBlockWords.StoreScales(Factors(block), words);
        SuperBlockWords.StoreMultipliers(Multipliers(block) * 0.125f, words + BlockWords.Super16.Scale);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Unpack128(byte* block, uint* words)
    {
        byte* packed = block + 32;
        byte* quants = (byte*)words;
        for (int half = 0; half < 2; half++, quants += 96)
        {
            for (int i = 0; i < 2; i++, packed += 16, quants += 16)
            {
                Vector128<ushort> bits = Vector128.Load((ushort*)packed);
                Vector128<ushort> third = Vector128.Load((ushort*)(block + (16 * i))) >> (4 * half);
                Vector128<byte> low = Vector128.Create((byte)0x18), high = Vector128.Create((byte)0x20);
                (((bits << 3).AsByte() & low) | ((third << 5).AsByte() & high)).Store(quants);
                (((bits << 1).AsByte() & low) | ((third << 4).AsByte() & high)).Store(quants + 32);
                (((bits >> 1).AsByte() & low) | ((third << 3).AsByte() & high)).Store(quants + 64);
                (((bits >> 3).AsByte() & low) | ((third << 2).AsByte() & high)).Store(quants + 96);
            }
        }

        Vector128<sbyte> scales = SuperBlockBits.SixBitScales(block + 96) - Vector128.Create((sbyte)32);
        SuperBlockWords.StoreScales128(scales, words);
        SuperBlockWords.StoreMinima128(scales, words);
        float scale = HalfBits.ToSingle(*(ushort*)(block + 108));
        ((float*)words)[BlockWords.Super16.Scale] = scale * 0.125f;
        ((float*)words)[BlockWords.Super16.MinimumScale] = scale * 4;
    }
}
