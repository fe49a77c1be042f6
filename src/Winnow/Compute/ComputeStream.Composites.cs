namespace Winnow.Compute;

/// <summary>
/// Operations that follow each other in every layer, named as one: a device that can do them in one go overrides them, and
/// yields the same as the bodies here.
/// </summary>
public abstract partial class ComputeStream
{
    /// <summary>Normalizes rows, or each head of them. In place where output is input.</summary>
    /// <param name="norm">The norm.</param>
    /// <param name="input">[tokens, groups · width].</param>
    /// <param name="output">Shaped as the input.</param>
    public void Normalize(RowNorm norm, Matrix input, Matrix output)
    {
        if (norm.SubtractsMean)
        {
            LayerNorm(input, norm.Weight, norm.Bias, norm.Epsilon, output);
        }
        else
        {
            RmsNorm(input, norm.Weight, norm.Epsilon, output);
        }
    }

    /// <summary>Residual and the next block's norm: target += scale · addend, output = norm(target).</summary>
    /// <param name="target">The residual stream, [tokens, width].</param>
    /// <param name="addend">[tokens, width].</param>
    /// <param name="scale">What the addend is multiplied with.</param>
    /// <param name="norm">The norm of the result.</param>
    /// <param name="output">[tokens, width].</param>
    public virtual void AddNorm(Matrix target, Matrix addend, float scale, RowNorm norm, Matrix output)
    {
        Add(target, addend, scale);
        Normalize(norm, target, output);
    }

    /// <summary>Product and residual: target += scale · (input · weightᵀ).</summary>
    /// <param name="weight">[outputs, inputs].</param>
    /// <param name="input">[tokens, inputs].</param>
    /// <param name="product">Room for the product, [tokens, outputs]; what it holds afterwards is not defined.</param>
    /// <param name="target">The residual stream, [tokens, outputs].</param>
    /// <param name="scale">What the product is multiplied with.</param>
    /// <param name="steps">How many of the first tokens are decode steps, as in other products.</param>
    public virtual void ProductAdd(Weight weight, Matrix input, Matrix product, Matrix target, float scale, int steps)
    {
        MatMul(weight, input, product, steps);
        Add(target, product, scale);
    }

    /// <summary>The gated half of a feed-forward block: gate = activation(input · gateᵀ) · (input · upᵀ).</summary>
    /// <param name="weights">Gate and up, each [feedForward, inputs].</param>
    /// <param name="input">[tokens, inputs].</param>
    /// <param name="activation">The non-linearity.</param>
    /// <param name="gate">[tokens, feedForward]; holds the result.</param>
    /// <param name="up">Room for the other product, [tokens, feedForward]; what it holds afterwards is not defined.</param>
    /// <param name="steps">How many of the first tokens are decode steps, as in other products.</param>
    public virtual void GatedProduct(ReadOnlySpan<Weight> weights, Matrix input, Activation activation, Matrix gate, Matrix up, int steps)
    {
        MatMul(weights, input, [gate, up], steps);
        Gate(activation, gate, up, gate);
    }

    /// <summary>
    /// What happens to the heads of one sequence between their projection and attention: norms, a copy of the queries for whoever
    /// wants them unrotated, rotation, and keys and values go into the cache.
    /// </summary>
    /// <param name="heads">Queries, keys and values of the sequence, in place.</param>
    /// <param name="queryNorm">The norm of queries; null where there is none, or where it was done.</param>
    /// <param name="keyNorm">The norm of keys; null where there is none, or where it was done.</param>
    /// <param name="rope">The rotation; null where there is none.</param>
    /// <param name="positions">The position of each row.</param>
    /// <param name="layer">Pages with room for the rows.</param>
    /// <param name="firstRow">The cache row of row 0.</param>
    public virtual void RotateAppend(
        HeadRows heads, RowNorm? queryNorm, RowNorm? keyNorm, RopeFrequencies? rope, ReadOnlySpan<int> positions, KvLayer layer, int firstRow)
    {
        if (queryNorm is not null)
        {
            Normalize(queryNorm, heads.Query, heads.Query);
        }

        if (keyNorm is not null)
        {
            Normalize(keyNorm, heads.Key, heads.Key);
        }

        if (heads.UnrotatedQuery is { } unrotated)
        {
            Copy(heads.Query, unrotated);
        }

        if (rope is not null)
        {
            Rope(heads.Query, heads.HeadDimension, rope, positions);
            Rope(heads.Key, heads.HeadDimension, rope, positions);
        }

        Append(layer, heads.Key, heads.Value, firstRow);
    }
}
