namespace Winnow.Compute;

/// <summary>What the heads of some tokens begin with.</summary>
/// <param name="Query">[tokens, queryHeads · headDimension].</param>
/// <param name="UnrotatedQuery">Room for the queries before rotation, shaped as they are; null where nobody asks for them.</param>
/// <param name="Key">[tokens, kvHeads · headDimension].</param>
/// <param name="Value">[tokens, kvHeads · valueDimension].</param>
/// <param name="HeadDimension">Elements of a query head and of a key head.</param>
internal readonly record struct HeadRows(Matrix Query, Matrix? UnrotatedQuery, Matrix Key, Matrix Value, int HeadDimension);
