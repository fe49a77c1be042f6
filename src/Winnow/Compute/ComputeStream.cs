using Winnow.Compute.Host;

namespace Winnow.Compute;

/// <summary>
/// A sequence of operations on one device, in order: the only arithmetic that models know. Owns the scratch memory of one
/// session; used by one thread at a time. A device may run operations late; <see cref="Read"/> waits for them.
/// </summary>
/// <remarks>
/// The public methods check shapes once; the protected ones may rely on them. Outputs must not overlap inputs unless an
/// operation says that it works in place.
/// </remarks>
internal abstract partial class ComputeStream : IDisposable
{
    private CachedKeys? _cachedKeys;

    /// <summary>The device that the operations run on; their buffers and weights are its own.</summary>
    public abstract Device Device { get; }

    /// <summary>Looks rows up in an embedding table.</summary>
    /// <param name="table">The table, [vocabulary, width].</param>
    /// <param name="ids">Row numbers, [tokens].</param>
    /// <param name="output">[tokens, width].</param>
    public void Embed(Weight table, ReadOnlySpan<int> ids, Matrix output)
    {
        Require(output.Rows == ids.Length && output.Columns == table.Inputs, "embedding output must be [tokens, width]");
        foreach (int id in ids)
        {
            if ((uint)id >= (uint)table.Outputs)
            {
                throw new ArgumentOutOfRangeException(nameof(ids), id, $"token id is not below the vocabulary size {table.Outputs}");
            }
        }

        EmbedCore(table, ids, output);
    }

    /// <summary>Multiplies activations with a weight: output[t, o] = Σᵢ input[t, i] · weight[o, i].</summary>
    /// <param name="weight">[outputs, inputs].</param>
    /// <param name="input">[tokens, inputs].</param>
    /// <param name="output">[tokens, outputs].</param>
    /// <param name="steps">How many of the first tokens are decode steps: see the product with several weights.</param>
    public void MatMul(Weight weight, Matrix input, Matrix output, int steps = 0)
    {
        ReadOnlySpan<Matrix> outputs = [output];
        MatMul(new ReadOnlySpan<Weight>(in weight), input, outputs, steps);
    }

    /// <summary>Multiplies the same activations with several weights in one pass: query, key and value; gate and up.</summary>
    /// <remarks>
    /// A device may sum differently for steps, which read a weight for few rows, and for prompts, which share it among many. A
    /// row's bits depend on which of the two it is, never on the rows beside it or on how many there are.
    /// </remarks>
    /// <param name="weights">Each [its outputs, inputs].</param>
    /// <param name="input">[tokens, inputs].</param>
    /// <param name="outputs">Each [tokens, outputs of its weight].</param>
    /// <param name="steps">How many of the first tokens are decode steps; those behind them belong to prompts.</param>
    public void MatMul(ReadOnlySpan<Weight> weights, Matrix input, ReadOnlySpan<Matrix> outputs, int steps = 0)
    {
        Require(weights.Length == outputs.Length, "each weight needs one output");
        RequireSteps(steps, input);
        for (int i = 0; i < weights.Length; i++)
        {
            Weight weight = weights[i];
            Matrix output = outputs[i];
            if (weight.Inputs != input.Columns || weight.Outputs != output.Columns || input.Rows != output.Rows)
            {
                throw new ArgumentException(
                    $"{weight.Name} [{weight.Outputs}, {weight.Inputs}] cannot map [{input.Rows}, {input.Columns}] to [{output.Rows}, {output.Columns}]");
            }
        }

        MatMulCore(weights, input, outputs, steps);
    }

    /// <summary>Root-mean-square norm of each group of <c>weight.Columns</c> elements of a row: x · weight / √(mean(x²) + epsilon). In place where output is input.</summary>
    /// <param name="input">[tokens, groups · width].</param>
    /// <param name="weight">[1, width]; width = the whole row, or one head for per-head norms.</param>
    /// <param name="epsilon">What keeps the root from zero.</param>
    /// <param name="output">Shaped as the input.</param>
    public void RmsNorm(Matrix input, Matrix weight, float epsilon, Matrix output)
    {
        Require(weight.Rows == 1 && input.Columns % weight.Columns == 0, "norm weight must divide the row");
        RequireSameShape(input, output);
        RmsNormCore(input, weight, epsilon, output);
    }

    /// <summary>Layer norm of each row: (x − mean) / √(variance + epsilon) · weight + bias. In place where output is input.</summary>
    /// <param name="input">[tokens, width].</param>
    /// <param name="weight">[1, width].</param>
    /// <param name="bias">[1, width], or null.</param>
    /// <param name="epsilon">What keeps the root from zero.</param>
    /// <param name="output">Shaped as the input.</param>
    public void LayerNorm(Matrix input, Matrix weight, Matrix? bias, float epsilon, Matrix output)
    {
        Require(weight.Rows == 1 && weight.Columns == input.Columns, "norm weight must be as wide as the row");
        Require(bias is not { } b || (b.Rows == 1 && b.Columns == input.Columns), "norm bias must be as wide as the row");
        RequireSameShape(input, output);
        LayerNormCore(input, weight, bias, epsilon, output);
    }

    /// <summary>Rotates the heads of each row by its position, in place.</summary>
    /// <param name="rows">[tokens, heads · headDimension].</param>
    /// <param name="headDimension">Elements of a head.</param>
    /// <param name="frequencies">Angles and layout of the pairs.</param>
    /// <param name="positions">The position of each row, [tokens].</param>
    public void Rope(Matrix rows, int headDimension, RopeFrequencies frequencies, ReadOnlySpan<int> positions)
    {
        Require(rows.Columns % headDimension == 0 && frequencies.RotaryDimension <= headDimension, "rotary dimension must fit the head");
        Require(positions.Length == rows.Rows, "each row needs its position");
        RopeCore(rows, headDimension, frequencies, positions);
    }

    /// <summary>Stores keys and values in a layer's pages, in the pages' type.</summary>
    /// <param name="layer">Pages with room for the rows; a group with a map names the positions already.</param>
    /// <param name="keys">[tokens, kvHeads · keyDimension], rotated.</param>
    /// <param name="values">[tokens, kvHeads · valueDimension].</param>
    /// <param name="firstPosition">The position of token 0: its cache row, unless a group has a map.</param>
    public void Append(KvLayer layer, Matrix keys, Matrix values, int firstPosition)
    {
        Require(keys.Columns == layer.Layout.KvHeads * layer.Layout.KeyDimension, "keys must be [tokens, kvHeads · keyDimension]");
        Require(
            values.Rows == keys.Rows && values.Columns == layer.Layout.KvHeads * layer.Layout.ValueDimension,
            "values must be [tokens, kvHeads · valueDimension]");
        ArgumentOutOfRangeException.ThrowIfNegative(firstPosition);
        Require(layer.HasRoom(firstPosition, keys.Rows), "the layer's pages have no room for the rows");
        AppendCore(layer, keys, values, firstPosition);
    }

    /// <summary>Softmax attention of queries over the rows that a plan names.</summary>
    /// <param name="shape">Heads, scale, window.</param>
    /// <param name="queries">[tokens, queryHeads · headDimension], rotated; query t stands at position firstPosition + t.</param>
    /// <param name="layer">Keys and values, with at least firstPosition + tokens rows stored, or those that the maps of its groups name.</param>
    /// <param name="firstPosition">The position of query 0.</param>
    /// <param name="plan">
    /// The rows, by their numbers in the KV head's group; query t sees those that do not stand after its position (and inside the
    /// window, the chunk). A plan that selects queries needs groups without a map.
    /// </param>
    /// <param name="isStep">
    /// Whether each query is a decode step of its own (several where drafts are verified) or a part of a prompt. The two may sum in
    /// another order; within either, the bits of a query depend neither on the queries beside it nor on where a prompt is cut.
    /// </param>
    /// <param name="output">[tokens, queryHeads · valueDimension].</param>
    /// <param name="mass">
    /// Where given, [queryHeads, firstPosition + tokens]: the probability that each row of the head's group received, as a mean over
    /// the queries; 0 for rows that the plan leaves out. Steps tell theirs one at a time.
    /// Untouched where a conditional plan names rows.
    /// </param>
    public void Attend(
        AttentionShape shape, Matrix queries, KvLayer layer, int firstPosition, AttentionPlan plan, bool isStep, Matrix output, Matrix? mass = null)
    {
        Require(
            output.Rows == queries.Rows && output.Columns == shape.QueryHeads * shape.ValueDimension,
            "output must be [tokens, queryHeads · valueDimension]");
        CheckAttention(shape, queries, layer, firstPosition, mass);
        Require(shape.Causal || !isStep, "a step sees what is before it: it is causal");
        Require(mass is null || !isStep || queries.Rows == 1, "the mass of steps is asked for one step at a time");
        int lists = plan.Kind switch
        {
            AttentionPlanKind.Shared => 1,
            AttentionPlanKind.PerKvHead => shape.KvHeads,
            AttentionPlanKind.PerQueryHead => shape.QueryHeads,
            _ => 0,
        };
        Require(
            plan.Kind == AttentionPlanKind.KeyBlocks ? plan.Lists % shape.KvHeads == 0 : plan.Lists == lists,
            "the plan must hold one list for each head of its kind");
        Require(!plan.SelectsQueries || !HasMap(layer), "a plan that selects queries needs rows that stand at their own position");
        AttendCore(shape, queries, layer, firstPosition, plan, isStep, output, mass);
    }

    /// <summary>The attention mass of <see cref="Attend"/> over every row, without its output: how methods look at a prompt, and as its queries are answered.</summary>
    /// <param name="shape">Heads, scale, window.</param>
    /// <param name="queries">[tokens, queryHeads · headDimension], rotated.</param>
    /// <param name="layer">Keys, with at least firstPosition + tokens rows stored.</param>
    /// <param name="firstPosition">The position of query 0.</param>
    /// <param name="mass">[queryHeads, firstPosition + tokens]: mean over the queries of each row's probability.</param>
    public void AttentionMass(AttentionShape shape, Matrix queries, KvLayer layer, int firstPosition, Matrix mass)
    {
        CheckAttention(shape, queries, layer, firstPosition, mass);
        AttentionMassCore(shape, queries, layer, firstPosition, mass);
    }

    /// <summary>Reads keys back from a layer's pages, in f32 and as they were before rotation: what the pages' type has left of them.</summary>
    /// <param name="layer">Keys, with at least first + (count − 1) · step + 1 rows stored.</param>
    /// <param name="first">The first row.</param>
    /// <param name="step">From one row to the next; 1 for all of them.</param>
    /// <param name="count">How many rows.</param>
    /// <param name="undo">The rotation that they were stored with, row r at position r; null for none.</param>
    /// <param name="keys">[count, kvHeads · keyDimension].</param>
    /// <exception cref="InvalidOperationException">The heads of the layer keep different rows.</exception>
    public void ReadKeys(KvLayer layer, int first, int step, int count, RopeFrequencies? undo, Matrix keys)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(step);
        Require(
            keys.Rows == count && keys.Columns == layer.Layout.KvHeads * layer.Layout.KeyDimension,
            "keys must be [count, kvHeads · keyDimension]");
        Require(first + ((count - 1L) * step) < layer.Whole.Capacity, "the layer holds fewer rows than are read");
        ReadKeysCore(layer, first, step, undo, keys);
    }

    /// <summary>Gated activation: output = activation(gate) · up. In place where output is gate or up.</summary>
    public void Gate(Activation activation, Matrix gate, Matrix up, Matrix output)
    {
        RequireSameShape(gate, up);
        RequireSameShape(gate, output);
        GateCore(activation, gate, up, output);
    }

    /// <summary>
    /// Mixture of experts: each row goes through the experts that its scores choose, as down(activation(gate) · up), and the
    /// results are added, each with its weight: see <see cref="ExpertRouter"/>.
    /// </summary>
    /// <param name="experts">The experts.</param>
    /// <param name="scores">The router's result, [tokens, experts].</param>
    /// <param name="input">[tokens, hidden].</param>
    /// <param name="output">[tokens, hidden].</param>
    /// <param name="steps">How many of the first tokens are decode steps, as in products.</param>
    public void MixExperts(ExpertWeights experts, Matrix scores, Matrix input, Matrix output, int steps = 0)
    {
        RequireSameShape(input, output);
        RequireSteps(steps, input);
        Require(scores.Rows == input.Rows && scores.Columns == experts.Count, "scores must be [tokens, experts]");
        Require(experts.Used > 0 && experts.Used <= experts.Count, "a token takes at least one expert and at most all");
        Require(
            experts.Up.Inputs == input.Columns && experts.Down.Outputs == input.Columns && experts.Down.Inputs == experts.Up.Outputs,
            "experts must map [tokens, hidden] to itself");
        Require(
            experts.Router is { Groups: > 0, GroupsUsed: > 0 } router && experts.Count % router.Groups == 0
            && (long)experts.Count / router.Groups * Math.Min(router.GroupsUsed, router.Groups) >= router.Used,
            "groups divide the experts evenly, and those that a token may take from have as many experts as it takes");
        MixExpertsCore(experts, scores, input, output, steps);
    }

    /// <summary>Applies an activation in place.</summary>
    public void Activate(Activation activation, Matrix values) => ActivateCore(activation, values);

    /// <summary>Adds in place: target += scale · addend.</summary>
    /// <param name="target">[tokens, width].</param>
    /// <param name="addend">[tokens, width], or [1, width] for the same row everywhere (a bias).</param>
    /// <param name="scale">What the addend is multiplied with.</param>
    public void Add(Matrix target, Matrix addend, float scale = 1)
    {
        Require(addend.Columns == target.Columns && (addend.Rows == target.Rows || addend.Rows == 1), "addend must be shaped as the target, or one row");
        AddCore(target, addend, scale);
    }

    /// <summary>Multiplies in place: values *= factor.</summary>
    public void Scale(Matrix values, float factor) => ScaleCore(values, factor);

    /// <summary>Limits values to ±<paramref name="limit"/>, in place.</summary>
    public void Clamp(Matrix values, float limit) => ClampCore(values, limit);

    /// <summary>Soft cap in place: x becomes cap · tanh(x / cap).</summary>
    public void SoftCap(Matrix values, float cap) => SoftCapCore(values, cap);

    /// <summary>Copies values on the device.</summary>
    public void Copy(Matrix source, Matrix target)
    {
        RequireSameShape(source, target);
        CopyCore(source, target);
    }

    /// <summary>Copies values from host memory.</summary>
    /// <param name="source">Row-major, rows · columns elements.</param>
    /// <param name="target">Where they go.</param>
    public void Write(ReadOnlySpan<float> source, Matrix target)
    {
        Require(source.Length == (long)target.Rows * target.Columns, "source must have rows · columns elements");
        WriteCore(source, target);
    }

    /// <summary>Waits for all operations so far and copies values to host memory.</summary>
    /// <param name="source">What to read.</param>
    /// <param name="target">Row-major, rows · columns elements.</param>
    public void Read(Matrix source, Span<float> target)
    {
        Require(target.Length == (long)source.Rows * source.Columns, "target must have rows · columns elements");
        ReadCore(source, target);
    }

    /// <summary>Waits for all operations so far and gives access to values from the host, without a copy where the device computes in host memory.</summary>
    /// <param name="source">Rows without gaps. Its memory must not be written by the device while the result is in use; the caller may overwrite it.</param>
    /// <param name="scratch">Where values are copied to if they must be; grows as needed.</param>
    /// <returns>Row-major, rows · columns elements.</returns>
    public Span<float> Map(Matrix source, ref float[] scratch)
    {
        Require(source.Stride == source.Columns || source.Rows <= 1, "rows must follow each other without gaps");
        Span<float> mapped = MapCore(source);
        int count = checked(source.Rows * source.Columns);
        if (mapped.Length == count)
        {
            return mapped;
        }

        if (scratch.Length < count)
        {
            scratch = new float[count + (count / 2)];
        }

        Read(source, scratch.AsSpan(0, count));
        return scratch.AsSpan(0, count);
    }

    /// <summary>Waits for all operations so far and reads the greatest values of a row: what a sampler needs of logits.</summary>
    /// <param name="row">[1, n].</param>
    /// <param name="indices">Receives their columns, the greatest value first, the lower column on ties; its length is how many are wanted.</param>
    /// <param name="values">Receives the values, [indices].</param>
    /// <param name="scratch">Host memory; grows as needed.</param>
    /// <returns>How many there are: fewer than wanted only where the row has fewer that are finite numbers.</returns>
    public virtual int ReadGreatest(Matrix row, Span<int> indices, Span<float> values, ref float[] scratch)
    {
        Require(row.Rows == 1 && indices.Length == values.Length, "one row, and room for a value with each index");
        Span<ulong> ranks = indices.Length <= 256 ? stackalloc ulong[indices.Length] : new ulong[indices.Length];
        int count = LargestValues.Select(Map(row, ref scratch), float.MinValue, ranks);
        for (int i = 0; i < count; i++)
        {
            ulong rank = ranks[count - 1 - i];
            indices[i] = Rank.Index(rank);
            values[i] = Rank.Logit(rank);
        }

        return count;
    }

    /// <summary>Fills a matrix with random numbers, normally distributed: stand-ins for keys and values where only speed is measured.</summary>
    /// <param name="target">What to fill.</param>
    /// <param name="seed">Same seed and shape, same numbers on the same device.</param>
    public virtual void FillRandomly(Matrix target, ulong seed)
    {
        Random random = new((int)(seed ^ (seed >> 32)));
        float[] row = new float[target.Columns];
        for (int i = 0; i < target.Rows; i++)
        {
            foreach (ref float value in row.AsSpan())
            {
                // The sum of four uniform variables, shifted and scaled to mean 0 and deviation 1, is normal enough.
                value = (random.NextSingle() + random.NextSingle() + random.NextSingle() + random.NextSingle() - 2) * 1.7320508f;
            }

            Write(row, target.RowSlice(i, 1));
        }
    }

    /// <summary>
    /// Lets a device begin what was asked for so far, where it gathers operations; waits for nothing. Called at the end of each
    /// pass, so that nothing is left lying when a session's thread goes elsewhere.
    /// </summary>
    public virtual void Submit()
    {
    }

    /// <summary>Waits until all operations so far are done, without reading anything.</summary>
    public virtual void Wait()
    {
    }

    /// <summary>Does work on host memory with whatever threads the device has; returns when all of it is done. Allocates nothing.</summary>
    /// <param name="work">The work.</param>
    /// <param name="parts">How many parts it has.</param>
    internal virtual void RunOnHost(IHostWork work, int parts)
    {
        for (int part = 0; part < parts; part++)
        {
            work.Run(part);
        }
    }

    /// <summary>Frees the scratch memory.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Implements <see cref="Embed"/>.</summary>
    protected abstract void EmbedCore(Weight table, ReadOnlySpan<int> ids, Matrix output);

    /// <summary>Implements <see cref="MatMul(ReadOnlySpan{Weight}, Matrix, ReadOnlySpan{Matrix}, int)"/>.</summary>
    protected abstract void MatMulCore(ReadOnlySpan<Weight> weights, Matrix input, ReadOnlySpan<Matrix> outputs, int steps);

    /// <summary>Implements <see cref="RmsNorm"/>.</summary>
    protected abstract void RmsNormCore(Matrix input, Matrix weight, float epsilon, Matrix output);

    /// <summary>Implements <see cref="LayerNorm"/>.</summary>
    protected abstract void LayerNormCore(Matrix input, Matrix weight, Matrix? bias, float epsilon, Matrix output);

    /// <summary>Implements <see cref="Rope"/>.</summary>
    protected abstract void RopeCore(Matrix rows, int headDimension, RopeFrequencies frequencies, ReadOnlySpan<int> positions);

    /// <summary>Implements <see cref="Append"/>.</summary>
    protected abstract void AppendCore(KvLayer layer, Matrix keys, Matrix values, int firstPosition);

    /// <summary>Implements <see cref="Attend"/>.</summary>
    protected abstract void AttendCore(
        AttentionShape shape, Matrix queries, KvLayer layer, int firstPosition, AttentionPlan plan, bool isStep, Matrix output, Matrix? mass);

    /// <summary>Implements <see cref="AttentionMass"/>.</summary>
    protected abstract void AttentionMassCore(AttentionShape shape, Matrix queries, KvLayer layer, int firstPosition, Matrix mass);

    /// <summary>Implements <see cref="ReadKeys"/>; by itself with what the host can read of the pages.</summary>
    protected virtual void ReadKeysCore(KvLayer layer, int first, int step, RopeFrequencies? undo, Matrix keys) =>
        (_cachedKeys ??= new CachedKeys()).Read(this, layer, first, step, undo, keys);

    /// <summary>Implements <see cref="Gate"/>.</summary>
    protected abstract void GateCore(Activation activation, Matrix gate, Matrix up, Matrix output);

    /// <summary>Implements <see cref="MixExperts"/>.</summary>
    protected abstract void MixExpertsCore(ExpertWeights experts, Matrix scores, Matrix input, Matrix output, int steps);

    /// <summary>Implements <see cref="Activate(Activation, Matrix)"/>.</summary>
    protected abstract void ActivateCore(Activation activation, Matrix values);

    /// <summary>Implements <see cref="Add"/>.</summary>
    protected abstract void AddCore(Matrix target, Matrix addend, float scale);

    /// <summary>Implements <see cref="Scale"/>.</summary>
    protected abstract void ScaleCore(Matrix values, float factor);

    /// <summary>Implements <see cref="Clamp"/>.</summary>
    protected abstract void ClampCore(Matrix values, float limit);

    /// <summary>Implements <see cref="SoftCap"/>.</summary>
    protected abstract void SoftCapCore(Matrix values, float cap);

    /// <summary>Implements <see cref="Copy"/>.</summary>
    internal abstract void CopyCore(Matrix source, Matrix target);

    /// <summary>Implements <see cref="Write"/>.</summary>
    protected abstract void WriteCore(ReadOnlySpan<float> source, Matrix target);

    /// <summary>Implements <see cref="Read"/>.</summary>
    protected abstract void ReadCore(Matrix source, Span<float> target);

    /// <summary>Implements <see cref="Map"/>: the values in place, or nothing where the host cannot reach them.</summary>
    protected virtual Span<float> MapCore(Matrix source) => [];

    /// <summary>Frees the scratch memory.</summary>
    protected abstract void Dispose(bool disposing);

    private static void CheckAttention(AttentionShape shape, Matrix queries, KvLayer layer, int firstPosition, Matrix? mass)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(firstPosition);
        Require(queries.Columns == shape.QueryHeads * shape.HeadDimension, "queries must be [tokens, queryHeads · headDimension]");
        Require(
            shape.KvHeads == layer.Layout.KvHeads && shape.QueryHeads % shape.KvHeads == 0
            && shape.HeadDimension == layer.Layout.KeyDimension && shape.ValueDimension == layer.Layout.ValueDimension,
            "the layer must have the KV heads that the shape names");
        Require(shape.Sinks is not { } sinks || (sinks.Rows == 1 && sinks.Columns == shape.QueryHeads), "sinks must be [1, queryHeads]");
        Require(layer.HoldsUpTo(firstPosition + queries.Rows), "the layer holds fewer rows than the queries may see");
        Require(
            mass is not { } m || (m.Rows == shape.QueryHeads && m.Columns == firstPosition + queries.Rows),
            "mass must be [queryHeads, firstPosition + tokens]");
    }

    private static void RequireSteps(int steps, Matrix input) =>
        Require(steps >= 0 && steps <= input.Rows, "steps are the first of the tokens");

    private static bool HasMap(KvLayer layer)
    {
        foreach (KvGroup group in layer.Groups)
        {
            if (group.IsMapped)
            {
                return true;
            }
        }

        return false;
    }

    private static void RequireSameShape(Matrix a, Matrix b)
    {
        if (a.Rows != b.Rows || a.Columns != b.Columns)
        {
            throw new ArgumentException($"[{a.Rows}, {a.Columns}] and [{b.Rows}, {b.Columns}] must have the same shape");
        }
    }

    private static void Require(bool condition, string rule)
    {
        if (!condition)
        {
            throw new ArgumentException(rule);
        }
    }
}
