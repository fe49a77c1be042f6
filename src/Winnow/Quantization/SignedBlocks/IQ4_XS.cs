using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Winnow.Quantization.Blocks;
using Winnow.Quantization.Encoding;
using Winnow.Quantization.Layouts;
using Winnow.Tensors;

namespace Winnow.Quantization.SignedBlocks;

/// <summary>
/// IQ4_XS, blocks of 256 in 136 bytes: f16 d, two bytes with the upper two bits of eight scales, four with their low nibbles, then
/// 16 bytes of codes for each 32, as in <see cref="IQ4_NL"/>; x = d · (scale − 32) · <see cref="FourBitCodes.NonLinear"/>[code].
/// </summary>
internal readonly unsafe struct IQ4_XS : ISignedBlock
{
    private const int High = 2;
    private const int Low = 4;
    private const int Packed = 8;

    public static int Bytes => BlockSizeBytes.IQ4_XS;

    public static int Length => 256;

    public static bool ScalesPer32 => true;

    public static void Encode(ReadOnlySpan<float> source, ReadOnlySpan<float> importance, Span<byte> destination)
    {
        Span<float> weights = stackalloc float[Length];
        Span<float> scales = stackalloc float[8];
        Span<byte> codes = stackalloc byte[32];
        for (; source.Length != 0; source = source[Length..], destination = destination[Bytes..])
        {
            ReadOnlySpan<float> own = ErrorWeights.Next(ref importance, Length);
            ReadOnlySpan<float> block = source[..Length];
            ErrorWeights.Of(block, own, ErrorWeights.Variance(block, 2), weights);
            float extreme = 0;
            for (int i = 0; i < 8; i++)
            {
                scales[i] = LevelSearch.Scale(block.Slice(32 * i, 32), weights.Slice(32 * i, 32));
                extreme = MathF.Abs(scales[i]) > MathF.Abs(extreme) ? scales[i] : extreme;
            }

            Half d = (Half)(extreme / -32);
            BinaryPrimitives.WriteHalfLittleEndian(destination, d);
            uint low = 0;
            int high = 0;
            for (int i = 0; i < 8; i++)
            {
                int scale = (float)d == 0 ? 0 : Math.Clamp((int)MathF.Round(scales[i] / (float)d), -32, 31);
                low |= (uint)((scale + 32) & 15) << (4 * i);
                high |= ((scale + 32) >> 4) << (2 * i);
                LevelSearch.Codes(block.Slice(32 * i, 32), (float)d * scale, codes);
                Nibbles.Pack(codes, destination.Slice(Packed + (16 * i), 16));
            }

            BinaryPrimitives.WriteUInt16LittleEndian(destination[High..], (ushort)high);
            BinaryPrimitives.WriteUInt32LittleEndian(destination[Low..], low);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort ScaleBits(byte* block) => *(ushort*)block;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Unpack(byte* block, float d, sbyte* quants, float* scales)
    {
        Vector128<sbyte> table = Vector128.Create(FourBitCodes.NonLinear);
        uint low = *(uint*)(block + Low);
        uint high = *(ushort*)(block + High);
        for (int i = 0; i < 8; i++, low >>= 4, high >>= 2)
        {
            scales[i] = d * ((int)((low & 15) | ((high & 3) << 4)) - 32);
            FourBitCodes.Unpack32(block + Packed + (16 * i), table, quants + (32 * i));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Unpack256(byte* block, sbyte* quants, float* scales)
    {
        Scales8(block).Store(scales);
        Vector128<sbyte> half = Vector128.Create(FourBitCodes.NonLinear);
        FourBitCodes.Unpack256(block + Packed, 16, Vector256.Create(half, half), quants);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Unpack512(byte* block, sbyte* quants, float* scales)
    {
        Scales8(block).Store(scales);
        FourBitCodes.Unpack256(block + Packed, 16, FourBitCodes.Table512(FourBitCodes.NonLinear), quants);
    }

    /// <summary>Needs AVX2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Scales8(byte* block)
    {
        Vector256<uint> low = Avx2.ShiftRightLogicalVariable(
            Vector256.Create(*(uint*)(block + Low)), Vector256.Create(0u, 4, 8, 12, 16, 20, 24, 28)) & Vector256.Create(15u);
        Vector256<uint> high = Avx2.ShiftRightLogicalVariable(
            Vector256.Create((uint)*(ushort*)(block + High) << 4), Vector256.Create(0u, 2, 4, 6, 8, 10, 12, 14)) & Vector256.Create(0x30u);
        Vector256<int> scale = (low | high).AsInt32() - Vector256.Create(32);
        return Vector256.ConvertToSingle(scale) * Vector256.Create(HalfBits.ToSingle(ScaleBits(block)));
    }
}
