using Winnow.Tensors;

namespace Winnow.Quantization;

/// <summary>Converts between 32-bit floats and the storage of each <see cref="TensorType"/>: the scalar truth that kernels are tested against.</summary>
/// <remarks>
/// Decoding is exact: every product of scale and quant fits a float, so a value is rounded at most once (where a minimum is
/// subtracted) and equals the published definition bit for bit. Encoding expects finite values below 65,520 in magnitude
/// (the range of the f16 scales); others give defined but meaningless blocks. Results do not depend on the processor.
/// </remarks>
internal static unsafe class BlockCodec
{
    /// <summary>The largest magnitude that an f16 holds after rounding; larger weights have no encoding but F32 and BF16.</summary>
    public const float LargestHalf = 65519.996f;

    /// <summary>Whether <see cref="Encode"/> writes the type.</summary>
    public static bool CanEncode(TensorType type) => type is TensorType.F32 or TensorType.F16 or TensorType.BF16
        or TensorType.Q4_0 or TensorType.Q4_1 or TensorType.Q5_0 or TensorType.Q5_1 or TensorType.Q8_0
        or TensorType.Q4_K or TensorType.Q5_K or TensorType.Q6_K;

    /// <summary>Whether <see cref="Decode(TensorType, ReadOnlySpan{byte}, Span{float})"/> reads the type.</summary>
    public static bool CanDecode(TensorType type) => CanEncode(type) || type is TensorType.Q2_K or TensorType.Q3_K;

    /// <summary>Decodes as many elements as <paramref name="destination"/> holds from mapped memory.</summary>
    /// <param name="type">How the elements are stored.</param>
    /// <param name="source">The first byte of a block; all blocks of the destination's elements follow.</param>
    /// <param name="destination">The values; a whole number of blocks.</param>
    /// <exception cref="ArgumentException">The destination is no whole number of blocks.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The type holds no real numbers or is not supported.</exception>
    public static void Decode(TensorType type, byte* source, Span<float> destination) =>
        Decode(type, new ReadOnlySpan<byte>(source, checked((int)type.SizeBytes(destination.Length))), destination);

    /// <summary>Decodes as many elements as <paramref name="destination"/> holds.</summary>
    /// <exception cref="ArgumentException">The destination is no whole number of blocks, or the source is not its size.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The type holds no real numbers or is not supported.</exception>
    public static void Decode(TensorType type, ReadOnlySpan<byte> source, Span<float> destination)
    {
        CheckSize(type, source.Length, destination.Length);
        switch (type)
        {
            case TensorType.F32: PlainFloats.DecodeF32(source, destination); break;
            case TensorType.F16: PlainFloats.DecodeF16(source, destination); break;
            case TensorType.BF16: PlainFloats.DecodeBF16(source, destination); break;
            case TensorType.Q4_0: Q4Blocks.DecodeQ4_0(source, destination); break;
            case TensorType.Q4_1: Q4Blocks.DecodeQ4_1(source, destination); break;
            case TensorType.Q5_0: Q5Blocks.DecodeQ5_0(source, destination); break;
            case TensorType.Q5_1: Q5Blocks.DecodeQ5_1(source, destination); break;
            case TensorType.Q8_0: Q8Blocks.Decode(source, destination); break;
            case TensorType.Q2_K: Q2KBlocks.Decode(source, destination); break;
            case TensorType.Q3_K: Q3KBlocks.Decode(source, destination); break;
            case TensorType.Q4_K: Q4KBlocks.Decode(source, destination); break;
            case TensorType.Q5_K: Q5KBlocks.Decode(source, destination); break;
            case TensorType.Q6_K: Q6KBlocks.Decode(source, destination); break;
            default: throw new ArgumentOutOfRangeException(nameof(type), type, "cannot be decoded to floats");
        }
    }

    /// <summary>Encodes all of <paramref name="source"/>.</summary>
    /// <param name="type">How to store the elements.</param>
    /// <param name="source">The values; a whole number of blocks.</param>
    /// <param name="destination">Exactly the bytes that the blocks take.</param>
    /// <exception cref="ArgumentException">The source is no whole number of blocks, or the destination is not their size.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><see cref="CanEncode"/> says no.</exception>
    public static void Encode(TensorType type, ReadOnlySpan<float> source, Span<byte> destination)
    {
        CheckSize(type, destination.Length, source.Length);
        switch (type)
        {
            case TensorType.F32: PlainFloats.EncodeF32(source, destination); break;
            case TensorType.F16: PlainFloats.EncodeF16(source, destination); break;
            case TensorType.BF16: PlainFloats.EncodeBF16(source, destination); break;
            case TensorType.Q4_0: Q4Blocks.EncodeQ4_0(source, destination); break;
            case TensorType.Q4_1: Q4Blocks.EncodeQ4_1(source, destination); break;
            case TensorType.Q5_0: Q5Blocks.EncodeQ5_0(source, destination); break;
            case TensorType.Q5_1: Q5Blocks.EncodeQ5_1(source, destination); break;
            case TensorType.Q8_0: Q8Blocks.Encode(source, destination); break;
            case TensorType.Q4_K: Q4KBlocks.Encode(source, destination); break;
            case TensorType.Q5_K: Q5KBlocks.Encode(source, destination); break;
            case TensorType.Q6_K: Q6KBlocks.Encode(source, destination); break;
            default: throw new ArgumentOutOfRangeException(nameof(type), type, "cannot be encoded");
        }
    }

    private static void CheckSize(TensorType type, int bytes, int elements)
    {
        long needed = type.SizeBytes(elements);
        if (bytes != needed)
        {
            throw new ArgumentException($"{elements} elements of {type} take {needed} bytes, not {bytes}");
        }
    }
}
