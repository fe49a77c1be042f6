namespace Winnow.Compute;

/// <summary>When a ranking is not to be used any more: looked at by the device, which then reads every row instead.</summary>
/// <param name="Query">The query of all heads before rotation, [1, queryHeads · headDimension]; null to go by the number of newer rows alone.</param>
/// <param name="Threshold">A cosine of the query with that of the ranking not above this makes the ranking void.</param>
internal readonly record struct QueryCheck(Matrix? Query, float Threshold);
