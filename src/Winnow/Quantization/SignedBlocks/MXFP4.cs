using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
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
    public static void Unpack256(byte* block, float d, sbyte* quants, float* scales)
    {
        Vector128<sbyte> table = Vector128.Create(FourBitCodes.DoubledE2M1);
        FourBitCodes.Unpack32(block + Packed, Vector256.Create(table, table), quants);
        *scales = Scale(*block);
    }

    /// <summary>2^(exponent − 128), of which the two smallest are denormals.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Scale(byte exponent) =>
        BitConverter.UInt32BitsToSingle(exponent < 2 ? 0x00200000u << exponent : (uint)(exponent - 1) << 23);
}
