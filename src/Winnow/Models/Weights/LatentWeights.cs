using Winnow.Compute;

namespace Winnow.Models.Weights;

/// <summary>The projections of latent attention, see <see cref="Config.LatentAttention"/>.</summary>
/// <param name="QueryDown">Compresses the input of the query projection; null where it is not.</param>
/// <param name="QueryNorm">The norm of the compressed input.</param>
/// <param name="Query">Queries, [queryHeads · (plain + rope), queryRank or hidden].</param>
/// <param name="KeyValueDown">Compressed keys and values, and the rotated part of the key, [rank + rope, hidden].</param>
/// <param name="KeyValueNorm">The norm of compressed keys and values.</param>
/// <param name="KeyUp">For each query head, what makes a query for compressed keys of it, [rank, plain].</param>
/// <param name="ValueUp">For each query head, what makes a value of what it yields, [value, rank].</param>
internal sealed record LatentWeights(
    Projection? QueryDown, RowNorm? QueryNorm, Projection Query, Projection KeyValueDown, RowNorm KeyValueNorm, Weight[] KeyUp, Weight[] ValueUp)
{
    /// <summary>All matrices.</summary>
    public IEnumerable<Weight> Weights =>
        [.. QueryDown is null ? (Weight[])[] : [QueryDown.Weight], Query.Weight, KeyValueDown.Weight, .. KeyUp, .. ValueUp];
}
