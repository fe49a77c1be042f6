using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Winnow.Quantization.Blocks;
using Winnow.Quantization.Layouts;
using Winnow.Tensors;

namespace Winnow.Quantization.SignedBlocks;

/// <summary>
/// MXFP4, blocks of 32 in 17 bytes: exponent e, 4-bit codes as in Q4_0; x = 2^(e − 128) · <see cref="FourBitCodes.DoubledE2M1"/>[code]
/// (OCP Microscaling Formats 1.0; e = 255 is 2^127 here, as in ggml).
/// </summary>
internal readonly unsafe struct MXFP4 : ISignedBlock
{
    private const int Packed = 1;

    public static int Bytes => BlockSizeBytes.MXFP4;

    public static int Length => 32;

    public static bool ScalesPer32 => true;

    public static void Encode(ReadOnlySpan<float> source, ReadOnlySpan<float> importance, Span<byte> destination)
    {
        Span<byte> codes = stackalloc byte[Length];
        for (; source.Length != 0; source = source[Length..], destination = destination[Bytes..])
        {
            ReadOnlySpan<float> block = source[..Length];
            float largest = FourBitCodes.Largest(block);
            destination[0] = largest > 0 ? (byte)Math.Clamp(MathF.ILogB(largest) + 125, 0, 254) : (byte)0;
            FourBitCodes.EncodeE2M1(block, Scale(destination[0]), codes);
            Nibbles.Pack(codes, destination.Slice(Packed, 16));
        }
    }

    public static ushort ScaleBits(byte* block) => ISignedBlock.One;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Unpack(byte* block, float d, sbyte* quants, float* scales)
    {
        FourBitCodes.Unpack32(block + Packed, Vector128.Create(FourBitCodes.DoubledE2M1), quants);
        *scales = Scale(*block);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Unpack256(byte* blocks, sbyte* quants, float* scales)
    {
        Vector256<int> offsets = Vector256.Create(0, 17, 34, 51, 68, 85, 102, 119);
        Scales8(Avx2.GatherVector256((int*)blocks, offsets, 1) & Vector256.Create(255)).Store(scales);
        Vector128<sbyte> half = Vector128.Create(FourBitCodes.DoubledE2M1);
        FourBitCodes.Unpack256(blocks + Packed, Bytes, Vector256.Create(half, half), quants);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Unpack512(byte* blocks, sbyte* quants, float* scales)
    {
        // Every 17th byte.
        Vector512<byte> first = Vector128.Create(0x77665544_33221100).AsByte().ToVector256Unsafe().ToVector512Unsafe();
        Vector512<byte> exponents = Avx512Vbmi.PermuteVar64x8x2(Vector512.Load(blocks), first, Vector512.Load(blocks + 64));
        Scales8(Avx2.ConvertToVector256Int32(exponents.GetLower().GetLower())).Store(scales);
        FourBitCodes.Unpack256(blocks + Packed, Bytes, FourBitCodes.Table512(FourBitCodes.DoubledE2M1), quants);
    }

    /// <summary>The scales of eight neighbouring blocks. Needs AVX2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Scales8(Vector256<int> exponents)
    {
        Vector256<int> small = Avx2.ShiftLeftLogicalVariable(Vector256.Create(0x00200000), exponents.AsUInt32());
        Vector256<int> bits = Vector256.ConditionalSelect(
            Vector256.LessThan(exponents, Vector256.Create(2)), small, (exponents - Vector256<int>.One) << 23);
        return bits.AsSingle();
    }

    /// <summary>2^(exponent − 128), of which the two smallest are denormals.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Scale(byte exponent) =>
        BitConverter.UInt32BitsToSingle(exponent < 2 ? 0x00200000u << exponent : (uint)(exponent - 1) << 23);
}
