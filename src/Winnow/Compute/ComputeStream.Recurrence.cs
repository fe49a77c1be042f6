namespace Winnow.Compute;

/// <summary>
/// Operations of layers that remember a sequence in a state of fixed size. Each reads the state before its first token and writes the
/// one after its last, in the same place or in another, so that a pass which fails leaves what it began with. Tokens are taken one
/// after the other: where a prompt is cut changes no bit, nor does it whether tokens are steps.
/// </summary>
/// <remarks>A device that has them says so with <see cref="Device.HasRecurrences"/>.</remarks>
internal abstract partial class ComputeStream
{
    /// <summary>Products of elements: output = a · b. In place where output is a or b.</summary>
    /// <param name="a">[tokens, width].</param>
    /// <param name="b">[tokens, width], or [1, width] for the same row everywhere.</param>
    /// <param name="output">[tokens, width].</param>
    public void Multiply(Matrix a, Matrix b, Matrix output)
    {
        Require(b.Columns == a.Columns && (b.Rows == a.Rows || b.Rows == 1), "factors must be shaped alike, or one row");
        RequireSameShape(a, output);
        MultiplyCore(a, b, output);
    }

    /// <summary>Causal convolution of each channel: output[t, c] = bias[c] + Σₖ weight[k, c] · input[t − kernel + 1 + k, c].</summary>
    /// <param name="input">The tokens of one sequence, [tokens, channels].</param>
    /// <param name="weight">[kernel, channels].</param>
    /// <param name="bias">[1, channels], or null.</param>
    /// <param name="before">The inputs before token 0, the last ones, [kernel − 1, channels].</param>
    /// <param name="after">Those after the last token; may be where the former are.</param>
    /// <param name="output">[tokens, channels]; not the input.</param>
    public void Convolve(Matrix input, Matrix weight, Matrix? bias, Matrix before, Matrix after, Matrix output)
    {
        Require(weight.Columns == input.Columns && weight.Rows > 1, "the kernel must have 2 rows at least, as wide as the input");
        Require(bias is not { } b || (b.Rows == 1 && b.Columns == input.Columns), "the bias must be as wide as the input");
        Require(before.Rows == weight.Rows - 1 && before.Columns == input.Columns, "the state must have a row less than the kernel");
        RequireSameShape(before, after);
        RequireSameShape(input, output);
        ConvolveCore(input, weight, bias, before, after, output);
    }

    /// <summary>
    /// Attention through a state of fixed size. For each token and head: S = decay · S; v = value, less key · S where the delta rule
    /// holds; S += key ⊗ (rate · v); output = query · S + skip · value.
    /// </summary>
    /// <param name="shape">Heads and rules.</param>
    /// <param name="rows">The tokens of one sequence.</param>
    /// <param name="before">The state before token 0, [heads · keyDimension, valueDimension].</param>
    /// <param name="after">The state after the last token; may be where the former is.</param>
    /// <param name="output">[tokens, heads · valueDimension].</param>
    public void AttendLinearly(LinearAttentionShape shape, in LinearAttentionRows rows, Matrix before, Matrix after, Matrix output)
    {
        int tokens = output.Rows;
        Require(shape.KeyHeads > 0 && shape.Heads % shape.KeyHeads == 0, "heads must share key heads evenly");
        Require(rows.Query.Rows == tokens && rows.Query.Columns == shape.KeyHeads * shape.KeyDimension, "queries must be [tokens, keyHeads · keyDimension]");
        RequireSameShape(rows.Query, rows.Key);
        Require(rows.Value.Columns == shape.Heads * shape.ValueDimension, "values must be [tokens, heads · valueDimension]");
        RequireSameShape(rows.Value, output);
        Require((rows.Decay.Rows == tokens || rows.Decay.Rows == 1) && rows.Decay.Columns == shape.Decays, "decays must be [tokens, heads], or one for each channel");
        Require(rows.Rate is not { } rate || (rate.Rows == tokens && rate.Columns == shape.Heads), "rates must be [tokens, heads]");
        Require(rows.Skip is not { } skip || (skip.Rows == 1 && skip.Columns == shape.Heads), "the skip must be [1, heads]");
        Require(before.Rows == shape.Heads * shape.KeyDimension && before.Columns == shape.ValueDimension, "the state must be [heads · keyDimension, valueDimension]");
        RequireSameShape(before, after);
        AttendLinearlyCore(shape, rows, before, after, output);
    }

    /// <summary>
    /// The selective state space of Mamba (https://arxiv.org/abs/2312.00752), a state for each channel: S[n] = e^(step · rate[n]) · S[n] +
    /// step · value · key[n]; output = Σₙ query[n] · S[n] + skip · value.
    /// </summary>
    /// <param name="value">The tokens of one sequence, [tokens, channels].</param>
    /// <param name="step">The time of each, [tokens, channels].</param>
    /// <param name="rate">How fast states grow: negative, [states, channels].</param>
    /// <param name="key">[tokens, states].</param>
    /// <param name="query">[tokens, states].</param>
    /// <param name="skip">[1, channels].</param>
    /// <param name="before">The state before token 0, [states, channels].</param>
    /// <param name="after">The state after the last token; may be where the former is.</param>
    /// <param name="output">[tokens, channels]; may be where the values are.</param>
    public void ScanStates(Matrix value, Matrix step, Matrix rate, Matrix key, Matrix query, Matrix skip, Matrix before, Matrix after, Matrix output)
    {
        RequireSameShape(value, step);
        RequireSameShape(value, output);
        RequireSameShape(key, query);
        RequireSameShape(rate, before);
        RequireSameShape(before, after);
        Require(rate.Columns == value.Columns && skip.Rows == 1 && skip.Columns == value.Columns, "rates and skip must be as wide as the values");
        Require(key.Rows == value.Rows && key.Columns == rate.Rows, "keys must be [tokens, states]");
        ScanStatesCore(value, step, rate, key, query, skip, before, after, output);
    }

    /// <summary>The times of tokens and what states fade by: step = min(max(ln(1 + e^(step + bias)), least), most), in place; decay = e^(step · rate).</summary>
    /// <param name="step">[tokens, width].</param>
    /// <param name="bias">[1, width].</param>
    /// <param name="least">The shortest time.</param>
    /// <param name="most">The longest time.</param>
    /// <param name="rate">Negative, [1, width]; null where no decay is asked for.</param>
    /// <param name="decay">[tokens, width]; null where there are no rates.</param>
    public void TimeSteps(Matrix step, Matrix bias, float least, float most, Matrix? rate, Matrix? decay)
    {
        Require(bias.Rows == 1 && bias.Columns == step.Columns, "the bias must be as wide as the steps");
        Require((rate is null) == (decay is null), "rates and decays come together");
        Require(rate is not { } r || (r.Rows == 1 && r.Columns == step.Columns), "rates must be as wide as the steps");
        if (decay is { } d)
        {
            RequireSameShape(step, d);
        }

        TimeStepsCore(step, bias, least, most, rate, decay);
    }

    /// <summary>Implements <see cref="Multiply"/>.</summary>
    protected virtual void MultiplyCore(Matrix a, Matrix b, Matrix output) => throw NoRecurrence();

    /// <summary>Implements <see cref="Convolve"/>.</summary>
    protected virtual void ConvolveCore(Matrix input, Matrix weight, Matrix? bias, Matrix before, Matrix after, Matrix output) => throw NoRecurrence();

    /// <summary>Implements <see cref="AttendLinearly"/>.</summary>
    protected virtual void AttendLinearlyCore(LinearAttentionShape shape, in LinearAttentionRows rows, Matrix before, Matrix after, Matrix output) =>
        throw NoRecurrence();

    /// <summary>Implements <see cref="ScanStates"/>.</summary>
    protected virtual void ScanStatesCore(
        Matrix value, Matrix step, Matrix rate, Matrix key, Matrix query, Matrix skip, Matrix before, Matrix after, Matrix output) => throw NoRecurrence();

    /// <summary>Implements <see cref="TimeSteps"/>.</summary>
    protected virtual void TimeStepsCore(Matrix step, Matrix bias, float least, float most, Matrix? rate, Matrix? decay) => throw NoRecurrence();

    private NotSupportedException NoRecurrence() => new($"{Device.Name} has no operations of recurrent layers");
}
