using System.Globalization;

namespace Winnow.Retrieval.Features;

/// <summary>Where an autoencoder looks: the unrotated keys of one KV head of a layer, and the queries that read it.</summary>
/// <param name="Layer">The layer, from 0.</param>
/// <param name="Head">The KV head, or <see cref="AllHeads"/> for the mean over all of them.</param>
/// <remarks>
/// Section 8 of the brief leaves the choice open. A single head keeps queries and keys in the space that its own attention
/// compares; the mean over heads adds up spaces that have nothing in common, and is kept for models whose heads were measured
/// to agree.
/// </remarks>
internal readonly record struct KeyProjection(int Layer, int Head)
{
    /// <summary>Stands for the mean over all heads.</summary>
    public const int AllHeads = -1;

    /// <summary>Takes the keys of this head out of a layer's rows.</summary>
    /// <param name="keys">[tokens, kvHeads · headDimension].</param>
    /// <param name="kvHeads">KV heads.</param>
    /// <param name="dimension">Elements of a head.</param>
    /// <param name="output">[tokens, headDimension].</param>
    public void GatherKeys(ReadOnlySpan<float> keys, int kvHeads, int dimension, Span<float> output) =>
        Mean(keys, kvHeads, Head == AllHeads ? 0 : Head, Head == AllHeads ? kvHeads : 1, dimension, output);

    /// <summary>Averages the queries that read this head.</summary>
    /// <param name="queries">[tokens, queryHeads · headDimension].</param>
    /// <param name="queryHeads">Query heads.</param>
    /// <param name="kvHeads">KV heads.</param>
    /// <param name="dimension">Elements of a head.</param>
    /// <param name="output">[tokens, headDimension].</param>
    public void GatherQueries(ReadOnlySpan<float> queries, int queryHeads, int kvHeads, int dimension, Span<float> output)
    {
        int group = queryHeads / kvHeads;
        Mean(queries, queryHeads, Head == AllHeads ? 0 : Head * group, Head == AllHeads ? queryHeads : group, dimension, output);
    }

    /// <summary>As settings and errors write it: <c>3:1</c>, <c>3:all</c>.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Layer}:{(Head == AllHeads ? "all" : Head.ToString(CultureInfo.InvariantCulture))}");

    private static void Mean(ReadOnlySpan<float> rows, int heads, int first, int count, int dimension, Span<float> output)
    {
        int width = heads * dimension;
        int tokens = rows.Length / width;
        for (int token = 0; token < tokens; token++)
        {
            ReadOnlySpan<float> row = rows.Slice(token * width, width);
            Span<float> target = output.Slice(token * dimension, dimension);
            row.Slice(first * dimension, dimension).CopyTo(target);
            for (int head = first + 1; head < first + count; head++)
            {
                System.Numerics.Tensors.TensorPrimitives.Add(target, row.Slice(head * dimension, dimension), target);
            }

            if (count > 1)
            {
                System.Numerics.Tensors.TensorPrimitives.Multiply(target, 1f / count, target);
            }
        }
    }
}
