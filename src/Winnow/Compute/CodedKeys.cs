namespace Winnow.Compute;

/// <summary>The codebooks of a layer's KV heads, and a code of two bytes for each token's key.</summary>
/// <param name="shape">The layer's heads.</param>
internal abstract class CodedKeys(AttentionShape shape) : SelectionState
{
    /// <summary>The layer's heads.</summary>
    public AttentionShape Shape => shape;

    /// <summary>Tokens that have codes: those at positions below it.</summary>
    public int Length { get; private set; }

    /// <summary>Bytes that the codebooks take.</summary>
    public abstract long CodebookBytes { get; }

    /// <summary>Forgets the codes from a position on.</summary>
    public void Truncate(int length)
    {
        if (length < Length)
        {
            Length = length;
            TruncateCore(length);
        }
    }

    public sealed override void CopyFrom(SelectionState other)
    {
        CodedKeys source = (CodedKeys)other;
        Length = source.Length;
        CopyCore(source);
    }

    public sealed override void Load(ref StateReader source, int length) => Length = LoadCore(ref source, length);

    /// <summary>Codes of so many tokens from a position on are on their way; those that were there are given up.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A token before it has no code.</exception>
    internal void Expect(int position, int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(position, Length);
        Length = position + count;
    }

    /// <summary>Implements <see cref="Truncate"/>.</summary>
    protected abstract void TruncateCore(int length);

    /// <summary>Implements <see cref="CopyFrom"/>: codebooks do not change and may be shared.</summary>
    internal abstract void CopyCore(CodedKeys other);

    /// <summary>Implements <see cref="Load"/>; returns the number of tokens.</summary>
    protected abstract int LoadCore(ref StateReader source, int length);
}
