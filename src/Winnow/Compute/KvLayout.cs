using Winnow.Tensors;

namespace Winnow.Compute;

/// <summary>Where the keys and values of one layer lie inside a page of its KV cache.</summary>
/// <remarks>
/// A page holds <see cref="PageTokens"/> consecutive tokens as [kvHeads][tokens][key | value]: the key row of a token and KV
/// head is followed at once by its value row, so that a gathered token costs one contiguous read, and the tokens of one head
/// follow each other, so that a dense scan streams. Keys are stored after rotation. Each row is quantized by itself along the
/// head dimension.
/// </remarks>
public sealed class KvLayout
{
    /// <summary>Tokens in a page.</summary>
    public const int PageTokens = 64;

    /// <summary>Describes a layer.</summary>
    /// <param name="kvHeads">KV heads.</param>
    /// <param name="headDimension">Elements of a key row and of a value row.</param>
    /// <param name="type">F32, F16 or Q8_0.</param>
    /// <exception cref="ArgumentException">The type cannot hold rows of this length.</exception>
    /// <exception cref="OverflowException">The tokens of one head inside a page take 2 GiB or more.</exception>
    public KvLayout(int kvHeads, int headDimension, TensorType type)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(kvHeads);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(headDimension);
        if (type is not (TensorType.F32 or TensorType.F16 or TensorType.Q8_0))
        {
            throw new ArgumentException($"a KV cache of type {type} is not supported; use F32, F16 or Q8_0", nameof(type));
        }

        if (headDimension % type.BlockLength() != 0)
        {
            throw new ArgumentException(
                $"a KV cache of type {type} needs heads of a multiple of {type.BlockLength()} elements, not {headDimension}; use F16",
                nameof(type));
        }

        KvHeads = kvHeads;
        HeadDimension = headDimension;
        Type = type;
        RowBytes = checked((int)type.SizeBytes(headDimension));
        HeadBytes = checked(PageTokens * 2 * RowBytes);
    }

    /// <summary>KV heads.</summary>
    public int KvHeads { get; }

    /// <summary>Elements of a key row and of a value row.</summary>
    public int HeadDimension { get; }

    /// <summary>How rows are stored.</summary>
    public TensorType Type { get; }

    /// <summary>Bytes of one key row; a value row takes as many.</summary>
    public int RowBytes { get; }

    /// <summary>Bytes from one token of a head to the next: key and value row.</summary>
    public int TokenBytes => 2 * RowBytes;

    /// <summary>Bytes of the tokens of one head inside a page.</summary>
    public int HeadBytes { get; }

    /// <summary>Bytes of a page.</summary>
    public long PageBytes => (long)KvHeads * HeadBytes;

    /// <summary>Where the key row of a token begins inside its page; the value row follows <see cref="RowBytes"/> later.</summary>
    /// <param name="kvHead">The KV head.</param>
    /// <param name="token">The token's index inside the page.</param>
    public long RowOffset(int kvHead, int token) => ((long)kvHead * HeadBytes) + (token * TokenBytes);
}
