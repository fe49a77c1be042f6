namespace Winnow.Compute;

/// <summary>
/// Operations that follow each other in every layer, named as one: a device that can do them in one go overrides them, and
/// yields the same as the bodies here.
/// </summary>
internal abstract partial class ComputeStream
{
    private float[] _hostRows = [];

    /// <summary>Adds rows, each weighted by the sigmoid of a number: target += sigmoid(gates) · addend.</summary>
    /// <param name="target">[tokens, width].</param>
    /// <param name="addend">[tokens, width].</param>
    /// <param name="gates">[tokens, 1].</param>
    public virtual void AddGated(Matrix target, Matrix addend, Matrix gates)
    {
        Require(gates.Rows == target.Rows && gates.Columns == 1, "gates must be [tokens, 1]");
        Span<float> values = Map(gates, ref _hostRows);
        for (int row = 0; row < values.Length; row++)
        {
            Add(target.RowSlice(row, 1), addend.RowSlice(row, 1), 1 / (1 + MathF.Exp(-values[row])));
        }
    }

    /// <summary>Applies an activation with parameters in place.</summary>
    /// <param name="activation">The activation.</param>
    /// <param name="values">Rows without gaps.</param>
    public virtual void Activate(Xielu activation, Matrix values)
    {
        Span<float> host = Map(values, ref _hostRows);
        foreach (ref float x in host)
        {
            x = x > 0
                ? (activation.Positive * x * x) + (activation.Beta * x)
                : ((float.ExpM1(MathF.Min(x, activation.Epsilon)) - x) * activation.Negative) + (activation.Beta * x);
        }

        WriteBack(host, values);
    }

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

    /// <summary>Normalizes each head with a norm of its own, in place.</summary>
    /// <param name="norms">One for each head, or one for all.</param>
    /// <param name="heads">[tokens, heads · headDimension], without gaps.</param>
    public void NormalizeHeads(ReadOnlySpan<RowNorm> norms, Matrix heads)
    {
        int width = norms[0].Weight.Columns;
        if (norms.Length > 1)
        {
            for (int head = 0; head < norms.Length; head++)
            {
                Matrix own = new(heads.Buffer, heads.Offset + (head * width), heads.Rows, width, heads.Stride);
                Normalize(norms[head], own, own);
            }
        }
        else if (norms[0].SubtractsMean && width < heads.Columns)
        {
            Matrix own = heads.ByHead(width);
            Normalize(norms[0], own, own);
        }
        else
        {
            Normalize(norms[0], heads, heads);
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

    /// <summary>Gives the device what the host has changed, where it has a copy.</summary>
    private void WriteBack(Span<float> host, Matrix values)
    {
        if (host.Overlaps(_hostRows))
        {
            Write(host, values);
        }
    }
}
