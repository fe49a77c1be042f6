namespace Winnow.Retrieval.Storage;

/// <summary>One state of an index file.</summary>
/// <param name="Generation">Counts changes from 1; its parity chooses the slot.</param>
/// <param name="Offset">Where its list of documents begins; blocks lie before.</param>
/// <param name="Length">Bytes of the list.</param>
/// <param name="Sha256">Their hash.</param>
internal sealed record IndexSlot(long Generation, long Offset, long Length, byte[] Sha256)
{
    /// <summary>The end of the state: a change writes from here on.</summary>
    public long End => Offset + Length;

    /// <summary>Whether another slot names the same state.</summary>
    public bool IsSame(IndexSlot other) =>
        Generation == other.Generation && Offset == other.Offset && Length == other.Length && Sha256.AsSpan().SequenceEqual(other.Sha256);
}
