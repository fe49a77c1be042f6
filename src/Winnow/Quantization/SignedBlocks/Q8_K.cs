using System.Runtime.CompilerServices;
using Winnow.Quantization.Layouts;
using Winnow.Tensors;

namespace Winnow.Quantization.SignedBlocks;

/// <summary>Q8_K, blocks of 256 in 292 bytes: f32 d, 256 signed bytes q, sums that nothing here needs; x = d·q, rounded once.</summary>
internal readonly unsafe struct Q8_K : ISignedBlock
{
    private const int Packed = 4;

    public static int Bytes => BlockSizeBytes.Q8_K;

    public static int Length => 256;

    public static bool ScalesPer32 => true;

    public static ushort ScaleBits(byte* block) => ISignedBlock.One;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Unpack(byte* block, float d, sbyte* quants, float* scales)
    {
        new Span<float>(scales, 8).Fill(*(float*)block);
        new ReadOnlySpan<sbyte>(block + Packed, Length).CopyTo(new Span<sbyte>(quants, Length));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Unpack256(byte* blocks, sbyte* quants, float* scales) => SignedGroup.Unpack<Q8_K>(blocks, SignedGroup.Length, quants, scales);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Unpack512(byte* blocks, sbyte* quants, float* scales) => Unpack256(blocks, quants, scales);
}
