using Winnow.Tensors;

namespace Winnow.Compute;

/// <summary>Where the keys and values of one layer lie inside a page of its KV cache.</summary>
/// <remarks>
/// A page holds <see cref="PageTokens"/> consecutive tokens as [kvHeads][tokens][key | value]: the key row of a token and KV
/// head is followed at once by its value row, so that a gathered token costs one contiguous read, and the tokens of one head
/// follow each other, so that a dense scan streams. Keys are stored after rotation. Each row is quantized by itself along the
/// head dimension. Side planes lie behind the rows, each at a multiple of <see cref="PlaneAlignment"/>.
/// </remarks>
internal sealed class KvLayout
{
    /// <summary>Tokens in a page.</summary>
    public const int PageTokens = 64;

    /// <summary>What the offset of a side plane is a multiple of.</summary>
    public const int PlaneAlignment = 64;

    /// <summary>Describes a layer whose keys and values are stored alike.</summary>
    /// <param name="kvHeads">KV heads.</param>
    /// <param name="headDimension">Elements of a key row and of a value row.</param>
    /// <param name="type">F32, F16, BF16, Q8_0 or Q4_0.</param>
    /// <exception cref="ArgumentException">The type cannot hold rows of this length.</exception>
    /// <exception cref="OverflowException">The tokens of one head inside a page take 2 GiB or more.</exception>
    public KvLayout(int kvHeads, int headDimension, TensorType type)
        : this(kvHeads, headDimension, headDimension, type, type)
    {
    }

    /// <summary>Describes a layer.</summary>
    /// <param name="kvHeads">KV heads.</param>
    /// <param name="keyDimension">Elements of a key row.</param>
    /// <param name="valueDimension">Elements of a value row.</param>
    /// <param name="keyType">How keys are stored: F32, F16, BF16, Q8_0 or Q4_0.</param>
    /// <param name="valueType">How values are.</param>
    /// <param name="planes">What is kept beside the rows of each page; null for nothing.</param>
    /// <exception cref="ArgumentException">A type cannot hold rows of this length, or two planes have the same name.</exception>
    /// <exception cref="OverflowException">The tokens of one head inside a page take 2 GiB or more.</exception>
    public KvLayout(
        int kvHeads, int keyDimension, int valueDimension, TensorType keyType, TensorType valueType, IReadOnlyList<KvPlane>? planes = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(kvHeads);
        KvHeads = kvHeads;
        KeyDimension = keyDimension;
        ValueDimension = valueDimension;
        KeyType = keyType;
        ValueType = valueType;
        KeyBytes = RowBytes(keyDimension, keyType, nameof(keyType));
        ValueBytes = RowBytes(valueDimension, valueType, nameof(valueType));
        HeadBytes = checked(PageTokens * (KeyBytes + ValueBytes));
        Planes = planes is null ? [] : [.. planes];
        PageBytes = (long)kvHeads * HeadBytes;
        foreach (KvPlane plane in Planes)
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(plane.PageBytes, nameof(planes));
            PageBytes += Aligned(plane.PageBytes);
        }

        if (Planes.DistinctBy(plane => plane.Name).Count() != Planes.Count)
        {
            throw new ArgumentException("planes must have different names", nameof(planes));
        }
    }

    private KvLayout()
    {
        Planes = [];
    }

    /// <summary>A layer without attention, which stores nothing.</summary>
    public static KvLayout None { get; } = new();

    /// <summary>KV heads.</summary>
    public int KvHeads { get; }

    /// <summary>Elements of a key row.</summary>
    public int KeyDimension { get; }

    /// <summary>Elements of a value row.</summary>
    public int ValueDimension { get; }

    /// <summary>How keys are stored.</summary>
    public TensorType KeyType { get; }

    /// <summary>How values are stored.</summary>
    public TensorType ValueType { get; }

    /// <summary>Bytes of a key row.</summary>
    public int KeyBytes { get; }

    /// <summary>Bytes of a value row.</summary>
    public int ValueBytes { get; }

    /// <summary>Bytes from one token of a head to the next: key and value row.</summary>
    public int TokenBytes => KeyBytes + ValueBytes;

    /// <summary>Bytes of the tokens of one head inside a page.</summary>
    public int HeadBytes { get; }

    /// <summary>What is kept beside the rows of each page.</summary>
    public IReadOnlyList<KvPlane> Planes { get; }

    /// <summary>Bytes of a page, those of its planes included.</summary>
    public long PageBytes { get; }

    /// <summary>Where the key row of a token begins inside its page; the value row follows <see cref="KeyBytes"/> later.</summary>
    /// <param name="kvHead">The KV head.</param>
    /// <param name="token">The token's index inside the page.</param>
    public long RowOffset(int kvHead, int token) => ((long)kvHead * HeadBytes) + (token * TokenBytes);

    /// <summary>Where a plane begins inside a page.</summary>
    /// <exception cref="ArgumentException">There is none of that name.</exception>
    public long PlaneOffset(string name)
    {
        long offset = (long)KvHeads * HeadBytes;
        foreach (KvPlane plane in Planes)
        {
            if (plane.Name == name)
            {
                return offset;
            }

            offset += Aligned(plane.PageBytes);
        }

        throw new ArgumentException($"the layer has no plane '{name}'", nameof(name));
    }

    /// <summary>Whether rows of a head have the width and type of another layout's.</summary>
    internal bool StoresRowsAs(KvLayout other) =>
        KeyDimension == other.KeyDimension && ValueDimension == other.ValueDimension && KeyType == other.KeyType && ValueType == other.ValueType;

    private static long Aligned(long bytes) => (bytes + PlaneAlignment - 1) / PlaneAlignment * PlaneAlignment;

    private static int RowBytes(int dimension, TensorType type, string parameter)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(dimension);
        if (type is not (TensorType.F32 or TensorType.F16 or TensorType.BF16 or TensorType.Q8_0 or TensorType.Q4_0))
        {
            throw new ArgumentException($"a KV cache of type {type} is not supported; use F32, F16, BF16, Q8_0 or Q4_0", parameter);
        }

        return dimension % type.BlockLength() == 0
            ? checked((int)type.SizeBytes(dimension))
            : throw new ArgumentException(
                $"a KV cache of type {type} needs heads of a multiple of {type.BlockLength()} elements, not {dimension}; use F16", parameter);
    }
}
