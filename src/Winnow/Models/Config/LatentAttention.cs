namespace Winnow.Models.Config;

/// <summary>
/// Multi-head latent attention: keys and values of all heads are projections of one small vector, which is what the cache
/// holds. The projection of keys is applied to the queries instead, that of values to what the heads yield.
/// </summary>
/// <remarks>
/// https://arxiv.org/abs/2405.04434, section 2.1. The cache sees one KV head: keys of <see cref="Rank"/> + <see cref="RopeDimension"/>
/// elements, values of <see cref="Rank"/>. A step multiplies each query head with a matrix [rank, nope], and each result with one
/// [value, rank]: more arithmetic than separate keys and values would take, but heads · (key + value) / (2 · rank + rope) times less to read.
/// </remarks>
/// <param name="QueryRank">The width that queries are compressed to; 0 where they are projected at once.</param>
/// <param name="Rank">The width that keys and values are compressed to.</param>
/// <param name="PlainDimension">Elements of a head without rotation.</param>
/// <param name="RopeDimension">Rotated elements of a head; one key of them serves all heads.</param>
/// <param name="ValueDimension">Elements of a head's value.</param>
internal sealed record LatentAttention(int QueryRank, int Rank, int PlainDimension, int RopeDimension, int ValueDimension)
{
    /// <summary>The epsilon of the norms of compressed vectors, whatever that of others is: models leave it at its default.</summary>
    public const float NormEpsilon = 1e-6f;

    /// <summary>Elements of a head before compression.</summary>
    public int HeadDimension => PlainDimension + RopeDimension;
}
