using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Winnow.Quantization.Encoding;
using Winnow.Quantization.Layouts;
using Winnow.Tensors;

namespace Winnow.Quantization.SuperBlocks;

/// <summary>
/// Q2_K, blocks of 256 in 84 bytes: 16 bytes of 4-bit scales (low) and minima (high) per 16 elements, 64 bytes of 2-bit quants,
/// f16 d, f16 dmin; x = d·scale·q − dmin·minimum. Each half of 128 elements has 32 bytes, whose bit pairs are four runs of 32.
/// </summary>
internal readonly unsafe struct Q2_K : ISuperBlockPer16
{
    private const int Length = 256;

    public static int Bytes => BlockSizeBytes.Q2_K;

    public static bool ScalesPer32 => false;

    public static SuperBlockForm Form => SuperBlockForm.Per16;

    public static int Centre => 0;

    public static void Decode(ReadOnlySpan<byte> source, Span<float> destination)
    {
        for (; destination.Length != 0; source = source[Bytes..], destination = destination[Length..])
        {
            float d = (float)BinaryPrimitives.ReadHalfLittleEndian(source[80..]);
            float dmin = (float)BinaryPrimitives.ReadHalfLittleEndian(source[82..]);
            for (int group = 0; group < 16; group++)
            {
                float scale = d * (source[group] & 15);
                float minimum = dmin * (source[group] >> 4);
                int shift = group / 2 % 4 * 2;
                ReadOnlySpan<byte> quants = source.Slice(16 + group / 8 * 32 + group % 2 * 16, 16);
                Span<float> values = destination.Slice(group * 16, 16);
                for (int j = 0; j < values.Length; j++)
                {
                    values[j] = scale * ((quants[j] >> shift) & 3) - minimum;
                }
            }
        }
    }

    public static void Encode(ReadOnlySpan<float> source, ReadOnlySpan<float> importance, Span<byte> destination)
    {
        Span<byte> levels = stackalloc byte[Length];
        for (; source.Length != 0; source = source[Length..], destination = destination[Bytes..])
        {
            (Half d, Half dmin) = AffineBlockSearch.EncodePer16(source[..Length], ErrorWeights.Next(ref importance, Length), destination[..16], levels);
            BinaryPrimitives.WriteHalfLittleEndian(destination[80..], d);
            BinaryPrimitives.WriteHalfLittleEndian(destination[82..], dmin);
            SuperBlockBits.PackTwoBits(levels, destination.Slice(16, 64));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Quants32(byte* block, int part) => SuperBlockBits.TwoBits32(block + 16, part);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> Quants64(byte* block, int part) => SuperBlockBits.TwoBits64(block + 16, part);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<short> Factors(byte* block) =>
        Avx2.ConvertToVector256Int16(Vector128.Load(block) & Vector128.Create((byte)15));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<short> Minima(byte* block, Vector256<short> factors) =>
        Avx2.ConvertToVector256Int16(Sse2.ShiftRightLogical(Vector128.Load((ushort*)block), 4).AsByte() & Vector128.Create((byte)15));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Multipliers(byte* block) => SuperBlockBits.TwoHalves(block + 80);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Unpack(byte* block, uint* words)
    {
        SuperBlockWords.StoreQuants<Q2_K>(block, words, 0);
        SuperBlockWords.StoreScales(Factors(block), words);
        Minima(block, default).Store((short*)(words + BlockWords.Super16.Minima));
        SuperBlockWords.StoreMultipliers(Multipliers(block), words + BlockWords.Super16.Scale);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Unpack128(byte* block, uint* words)
    {
        byte* packed = block + 16;
        byte* quants = (byte*)words;
        for (int half = 0; half < 2; half++, quants += 96)
        {
            for (int i = 0; i < 2; i++, packed += 16, quants += 16)
            {
                Vector128<ushort> bits = Vector128.Load((ushort*)packed);
                Vector128<byte> mask = Vector128.Create((byte)3);
                (bits.AsByte() & mask).Store(quants);
                ((bits >> 2).AsByte() & mask).Store(quants + 32);
                ((bits >> 4).AsByte() & mask).Store(quants + 64);
                ((bits >> 6).AsByte() & mask).Store(quants + 96);
            }
        }

        SuperBlockWords.StoreScales128((Vector128.Load(block) & Vector128.Create((byte)15)).AsSByte(), words);
        SuperBlockWords.StoreMinima128((Vector128.Load(block) >> 4).AsSByte(), words);
        SuperBlockWords.StoreMultipliers128((ushort*)(block + 80), words + BlockWords.Super16.Scale);
    }
}
