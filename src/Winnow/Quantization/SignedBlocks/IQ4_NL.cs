using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Winnow.Quantization.Blocks;
using Winnow.Quantization.Encoding;
using Winnow.Quantization.Layouts;
using Winnow.Tensors;

namespace Winnow.Quantization.SignedBlocks;

/// <summary>IQ4_NL, blocks of 32 in 18 bytes: f16 d, 4-bit codes as in Q4_0; x = d · <see cref="FourBitCodes.NonLinear"/>[code].</summary>
internal readonly unsafe struct IQ4_NL : ISignedBlock
{
    private const int Packed = 2;

    public static int Bytes => BlockSizeBytes.IQ4_NL;

    public static int Length => 32;

    public static bool ScalesPer32 => true;

    public static void Encode(ReadOnlySpan<float> source, ReadOnlySpan<float> importance, Span<byte> destination)
    {
        Span<float> weights = stackalloc float[Length];
        Span<byte> codes = stackalloc byte[Length];
        for (; source.Length != 0; source = source[Length..], destination = destination[Bytes..])
        {
            ReadOnlySpan<float> own = ErrorWeights.Next(ref importance, Length);
            ReadOnlySpan<float> block = source[..Length];
            ErrorWeights.Of(block, own, ErrorWeights.Variance(block, 2), weights);
            Half scale = (Half)LevelSearch.Scale(block, weights);
            BinaryPrimitives.WriteHalfLittleEndian(destination, scale);
            LevelSearch.Codes(block, (float)scale, codes);
            Nibbles.Pack(codes, destination.Slice(Packed, 16));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort ScaleBits(byte* block) => *(ushort*)block;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Unpack(byte* block, float d, sbyte* quants, float* scales)
    {
        FourBitCodes.Unpack32(block + Packed, Vector128.Create(FourBitCodes.NonLinear), quants);
        *scales = d;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Unpack256(byte* blocks, sbyte* quants, float* scales)
    {
        HalfBits.Scales8(HalfBits.Load8(blocks, Bytes)).Store(scales);
        Vector128<sbyte> half = Vector128.Create(FourBitCodes.NonLinear);
        FourBitCodes.Unpack256(blocks + Packed, Bytes, Vector256.Create(half, half), quants);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Unpack512(byte* blocks, sbyte* quants, float* scales)
    {
        // A block is nine words: a permutation instead of eight insertions.
        Vector512<short> first = Vector128.Create((short)0, 9, 18, 27, 36, 45, 54, 63).ToVector256Unsafe().ToVector512Unsafe();
        Vector512<short> halves = Avx512BW.PermuteVar32x16x2(Vector512.Load((short*)blocks), first, Vector512.Load((short*)blocks + 32));
        HalfBits.Scales8(halves.GetLower().GetLower()).Store(scales);
        FourBitCodes.Unpack256(blocks + Packed, Bytes, FourBitCodes.Table512(FourBitCodes.NonLinear), quants);
    }
}
