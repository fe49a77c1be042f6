namespace Winnow.Models.Forward;

/// <summary>The rows of a chunk that belong to one segment.</summary>
/// <param name="Segment">The segment.</param>
/// <param name="FirstToken">The first of its tokens.</param>
/// <param name="FirstRow">That token's row in the chunk.</param>
/// <param name="Rows">How many rows.</param>
internal readonly record struct SegmentPart(Segment Segment, int FirstToken, int FirstRow, int Rows)
{
    /// <summary>The cache row of the first token.</summary>
    public int CacheRow => Segment.Sequence.Cache.Length + FirstToken;
}
