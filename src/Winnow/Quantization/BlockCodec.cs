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

    /// <summary>Whether <see cref="Encode(TensorType, ReadOnlySpan{float}, Span{byte})"/> writes the type.</summary>
    public static bool CanEncode(TensorType type) => BlockTypes.Find(type) is { CanEncode: true };

    /// <summary>Whether <see cref="Decode(TensorType, ReadOnlySpan{byte}, Span{float})"/> reads the type.</summary>
    public static bool CanDecode(TensorType type) => BlockTypes.Find(type) is not null;

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
        BlockType row = BlockTypes.Find(type) ?? throw new ArgumentOutOfRangeException(nameof(type), type, "cannot be decoded to floats");
        row.Decode(source, destination);
    }

    /// <summary>Encodes all of <paramref name="source"/>.</summary>
    /// <param name="type">How to store the elements.</param>
    /// <param name="source">The values; a whole number of blocks.</param>
    /// <param name="destination">Exactly the bytes that the blocks take.</param>
    /// <exception cref="ArgumentException">The source is no whole number of blocks, or the destination is not their size.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><see cref="CanEncode"/> says no.</exception>
    public static void Encode(TensorType type, ReadOnlySpan<float> source, Span<byte> destination) => Encode(type, source, [], destination);

    /// <summary>Encodes all of <paramref name="source"/>.</summary>
    /// <param name="type">How to store the elements.</param>
    /// <param name="source">The values; a whole number of blocks.</param>
    /// <param name="importance">
    /// The mean square of the activations that each value is multiplied with, which its error is weighted by; or none.
    /// </param>
    /// <param name="destination">Exactly the bytes that the blocks take.</param>
    /// <exception cref="ArgumentException">
    /// The source is no whole number of blocks, the destination is not their size, or the importances are neither as many nor none.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException"><see cref="CanEncode"/> says no.</exception>
    public static void Encode(TensorType type, ReadOnlySpan<float> source, ReadOnlySpan<float> importance, Span<byte> destination)
    {
        if (!importance.IsEmpty && importance.Length != source.Length)
        {
            throw new ArgumentException($"{source.Length} values have {importance.Length} importances", nameof(importance));
        }

        CheckSize(type, destination.Length, source.Length);
        BlockType? row = BlockTypes.Find(type);
        if (row is not { CanEncode: true })
        {
            throw new ArgumentOutOfRangeException(nameof(type), type, "cannot be encoded");
        }

        row.Encode(source, importance, destination);
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
