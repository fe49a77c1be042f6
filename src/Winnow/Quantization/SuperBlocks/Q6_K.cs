using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Winnow.Quantization.Encoding;
using Winnow.Quantization.Layouts;
using Winnow.Tensors;

namespace Winnow.Quantization.SuperBlocks;

/// <summary>
/// Q6_K, blocks of 256 in 210 bytes: 128 bytes of low nibbles, 64 bytes of upper bit pairs, 16 signed scales, f16 d;
/// x = d·scale·(q − 32), with a scale per 16. Each half of 128 elements is four runs of 32: runs 0 and 1 are the low, 2 and 3 the
/// high nibbles of 64 bytes, and run r is bit pair r of 32 bytes.
/// </summary>
internal readonly unsafe struct Q6_K : ISuperBlockPer16
{
    private const int Length = 256;

    public static int Bytes => BlockSizeBytes.Q6_K;

    public static bool ScalesPer32 => false;

    public static SuperBlockForm Form => SuperBlockForm.Per16Centred;

    public static int Centre => 32;

    public static void Decode(ReadOnlySpan<byte> source, Span<float> destination)
    {
        for (; destination.Length != 0; source = source[Bytes..], destination = destination[Length..])
        {
            float d = (float)BinaryPrimitives.ReadHalfLittleEndian(source[208..]);
            ReadOnlySpan<sbyte> scales = MemoryMarshal.Cast<byte, sbyte>(source.Slice(192, 16));
            for (int group = 0; group < 16; group++)
            {
                float scale = d * scales[group];
                int half = group / 8;
                int run = group / 2 % 4;
                int column = group % 2 * 16;
                ReadOnlySpan<byte> low = source.Slice(half * 64 + run % 2 * 32 + column, 16);
                ReadOnlySpan<byte> high = source.Slice(128 + half * 32 + column, 16);
                Span<float> values = destination.Slice(group * 16, 16);
                for (int j = 0; j < values.Length; j++)
                {
                    int quant = ((low[j] >> (run / 2 * 4)) & 15) | (((high[j] >> (run * 2)) & 3) << 4);
                    values[j] = scale * (quant - 32);
                }
            }
        }
    }

    public static void Encode(ReadOnlySpan<float> source, ReadOnlySpan<float> importance, Span<byte> destination)
    {
        Span<byte> levels = stackalloc byte[Length];
        for (; source.Length != 0; source = source[Length..], destination = destination[Bytes..])
        {
            Half d = ScaleSearch.Encode(source[..Length], ErrorWeights.Next(ref importance, Length), MemoryMarshal.Cast<byte, sbyte>(destination.Slice(192, 16)), levels);
            BinaryPrimitives.WriteHalfLittleEndian(destination[208..], d);
            for (int half = 0; half < 2; half++)
            {
                ReadOnlySpan<byte> run = levels.Slice(half * 128, 128);
                Span<byte> low = destination.Slice(half * 64, 64);
                Span<byte> high = destination.Slice(128 + half * 32, 32);
                for (int j = 0; j < 32; j++)
                {
                    low[j] = (byte)((run[j] & 15) | (run[j + 64] << 4));
                    low[j + 32] = (byte)((run[j + 32] & 15) | (run[j + 96] << 4));
                    high[j] = (byte)((run[j] >> 4) | (run[j + 32] >> 4 << 2) | (run[j + 64] >> 4 << 4) | (run[j + 96] >> 4 << 6));
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Quants32(byte* block, int part)
    {
        Vector256<byte> low = Vector256.Load(block + (64 * (part / 4)) + (32 * (part % 2)));
        Vector256<byte> high = Vector256.Load(block + 128 + (32 * (part / 4)));
        return (SuperBlockBits.Move32(low, part % 4 < 2 ? 0 : -4) & Vector256.Create((byte)15))
            | (SuperBlockBits.Move32(high, 4 - (2 * (part % 4))) & Vector256.Create((byte)0x30));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> Quants64(byte* block, int part) =>
        ((Vector512.Load((ushort*)(block + (64 * (part / 2)))) >> (4 * (part % 2))).AsByte() & Vector512.Create((byte)15))
            | (SuperBlockBits.Spread(block + 128 + (32 * (part / 2)), 4 - (4 * (part % 2)), 2 - (4 * (part % 2))) & Vector512.Create((byte)0x30));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<short> Factors(byte* block) => Avx2.ConvertToVector256Int16((sbyte*)block + 192);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<short> Minima(byte* block, Vector256<short> factors) => factors;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Multipliers(byte* block) =>
        Vector128.Create(HalfBits.ToSingle(*(ushort*)(block + 208))) * Vector128.Create(1f, Centre, 0, 0);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Unpack(byte* block, uint* words)
    {
        SuperBlockWords.StoreQuants<Q6_K>(block, words, 0);
        SuperBlockWords.StoreScales(Factors(block), words);
        SuperBlockWords.StoreMultipliers(Multipliers(block), words + BlockWords.Super16.Scale);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Unpack128(byte* block, uint* words)
    {
        byte* packed = block;
        byte* upper = block + 128;
        byte* quants = (byte*)words;
        for (int half = 0; half < 2; half++, packed += 32, quants += 96)
        {
            for (int i = 0; i < 2; i++, packed += 16, upper += 16, quants += 16)
            {
                Vector128<ushort> first = Vector128.Load((ushort*)packed), second = Vector128.Load((ushort*)(packed + 32));
                Vector128<ushort> bits = Vector128.Load((ushort*)upper);
                Vector128<byte> low = Vector128.Create((byte)15), high = Vector128.Create((byte)0x30);
                ((first.AsByte() & low) | ((bits << 4).AsByte() & high)).Store(quants);
                ((second.AsByte() & low) | ((bits << 2).AsByte() & high)).Store(quants + 32);
                (((first >> 4).AsByte() & low) | (bits.AsByte() & high)).Store(quants + 64);
                (((second >> 4).AsByte() & low) | ((bits >> 2).AsByte() & high)).Store(quants + 96);
            }
        }

        Vector128<sbyte> scales = Vector128.Load((sbyte*)block + 192);
        SuperBlockWords.StoreScales128(scales, words);
        SuperBlockWords.StoreMinima128(scales, words);
        float scale = HalfBits.ToSingle(*(ushort*)(block + 208));
        ((float*)words)[BlockWords.Super16.Scale] = scale;
        ((float*)words)[BlockWords.Super16.MinimumScale] = scale * 32;
    }
}
