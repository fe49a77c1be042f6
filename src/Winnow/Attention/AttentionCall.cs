using Winnow.Compute;

namespace Winnow.Attention;

/// <summary>The attention of one layer in one forward pass.</summary>
/// <param name="Stream">Where operations go.</param>
/// <param name="Layer">The layer's number.</param>
/// <param name="Shape">Heads, scale, window.</param>
/// <param name="Cache">Keys and values, those of this pass included.</param>
/// <param name="FirstPosition">The position of query 0.</param>
/// <param name="Queries">[tokens, queryHeads · headDimension], rotated.</param>
/// <param name="UnrotatedQueries">The same before rotation, after any query norm; only where the method asks for it.</param>
/// <param name="Output">Shaped as the queries.</param>
/// <param name="OutputRows">How many of the last queries must be answered; the others were only asked for what they attend to.</param>
/// <param name="Cancellation">Looked at while many queries are answered.</param>
internal readonly record struct AttentionCall(
    ComputeStream Stream,
    int Layer,
    AttentionShape Shape,
    KvLayer Cache,
    int FirstPosition,
    Matrix Queries,
    Matrix? UnrotatedQueries,
    Matrix Output,
    int OutputRows,
    CancellationToken Cancellation = default)
{
    /// <summary>Rows in the cache, those of this pass included.</summary>
    public int Length => FirstPosition + Queries.Rows;
}
