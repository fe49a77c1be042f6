using Winnow.Compute.Simd;

namespace Winnow.Compute.Cpu.Attention;

/// <summary>
/// Attention of many queries (https://arxiv.org/abs/2205.14135): an item is a tile of queries of one group, which passes over the
/// visited rows in tiles; each is decoded once for all queries and heads of the item.
/// </summary>
/// <remarks>
/// Tiles of cache rows begin at multiples of 64 visited rows whatever the queries, and a row that a query does not see adds
/// exactly nothing: a query's result does not depend on how the prompt was cut into chunks.
/// </remarks>
internal unsafe struct PrefillJob
{
    /// <summary>Queries times heads of an item: a multiple of the product's rows, small enough for queries and sums to stay in the L2 cache.</summary>
    public const int MaxQueryRows = 240;

    public AttentionInput Input;
    public HeadGroup* Groups;
    public int GroupCount;

    /// <summary>Scratch memory of each task, <see cref="SlotFloats"/> apart.</summary>
    public float* Slots;
    public long SlotFloats;

    /// <summary>[QueryHeads, Tokens]: the maximum of each query's scores; null where nobody asks for mass.</summary>
    public float* Maxima;

    /// <summary>[QueryHeads, Tokens]: what e^(score − maximum) is multiplied with to be a query's share of the mass.</summary>
    public float* Shares;
    public int Items;
    public int NextItem;

    /// <summary>Queries of an item.</summary>
    public static int TileQueries(int heads) => Math.Max(1, MaxQueryRows / heads);

    /// <summary>Floats of a task's scratch memory: 330 KiB for heads of 128.</summary>
    public static long SlotSize(ref readonly AttentionInput input, int heads, int width)
    {
        long queryRows = RoundUp(TileQueries(heads) * heads);
        return (2 * AttentionInput.TileRows) // addresses
            + (queryRows * (input.PaddedKey + input.PaddedValue + width + 2)) // queries, outputs, lanes of sums, maxima, positions
            + (6 * AttentionInput.TileRows) + 16 // scores, corrections
            + (AttentionInput.TileRows * (input.PaddedKey + input.PaddedWidest)); // keys, values
    }

    public static void Work<S, V>(void* state, int task)
        where S : struct, ISimd<V>
        where V : struct
    {
        ref PrefillJob job = ref *(PrefillJob*)state;
        float* slot = job.Slots + (task * job.SlotFloats);
        for (int item = Interlocked.Increment(ref job.NextItem) - 1; item < job.Items; item = Interlocked.Increment(ref job.NextItem) - 1)
        {
            HeadGroup* group = HeadGroup.Of(job.Groups, job.GroupCount, item);

            // The last queries see the most rows: they go first, so that threads finish together.
            Attend<S, V>(ref job, ref *group, group->Items - 1 - (item - group->FirstItem), slot);
        }
    }

    private static int RoundUp(int rows) => (rows + 5) / 6 * 6;

    private static void Attend<S, V>(ref PrefillJob job, ref readonly HeadGroup group, int tile, float* slot)
        where S : struct, ISimd<V>
        where V : struct
    {
        ref readonly AttentionInput input = ref job.Input;
        int keyWidth = input.PaddedKey;
        int valueWidth = input.PaddedValue;
        int firstQuery = tile * TileQueries(group.Heads);
        int queryCount = Math.Min(TileQueries(group.Heads), group.QueryCount - firstQuery);
        int queryRows = RoundUp(queryCount * group.Heads);

        byte** rows = (byte**)slot;
        float* scores = slot + (2 * AttentionInput.TileRows);
        float* corrections = scores + (6 * AttentionInput.TileRows);
        float* keys = corrections + 16;
        float* values = keys + (AttentionInput.TileRows * keyWidth);
        float* queries = values + (AttentionInput.TileRows * input.PaddedWidest);
        float* sums = queries + (queryRows * keyWidth);
        float* lanes = sums + (queryRows * valueWidth);
        float* maxima = lanes + (queryRows * S.Width);
        int* positions = (int*)(maxima + queryRows);

        LoadQueries(in input, in group, firstQuery, queryCount, queryRows, queries, positions);
        new Span<float>(sums, queryRows * valueWidth).Clear();
        new Span<float>(lanes, queryRows * S.Width).Clear();
        new Span<float>(maxima, queryRows).Fill(float.NegativeInfinity);
        new Span<float>(corrections, 16).Clear();

        int end = group.CountUpTo(input.LastVisible(positions[queryRows - 1]), 0, group.RowCount);
        int begin = group.CountUpTo(input.FirstVisible(positions[0]) - 1, 0, group.RowCount);
        for (int first = begin / AttentionInput.TileRows * AttentionInput.TileRows; first < end; first += AttentionInput.TileRows)
        {
            int count = Math.Min(AttentionInput.TileRows, end - first);
            KvRows.Locate(in input, in group, first, count, rows);
            KvRows.Decode<S, V>(input.KeyType, rows, 0, count, input.KeyDimension, keyWidth, values);
            PrefillScores.Arrange<S, V>(values, count, keyWidth, keys);
            if (input.Output is not null)
            {
                KvRows.Decode<S, V>(input.ValueType, rows, input.KeyBytes, count, input.ValueDimension, valueWidth, values);
            }

            for (int row = 0; row < queryRows; row += 6)
            {
                int visible = PrefillScores.Compute<S, V>(
                    in input, in group, first, count, keys, queries + (row * keyWidth), keyWidth, positions + row, scores);
                if (visible == 0)
                {
                    continue;
                }

                OnlineSoftmax.Update<S, V>(scores, 6, maxima + row, corrections, lanes + (row * S.Width), 1);
                if (input.Output is not null)
                {
                    SixRowProduct<S, V>.Multiply(
                        scores, AttentionInput.TileRows, visible, values, valueWidth, valueWidth, sums + (row * valueWidth), valueWidth, corrections);
                }
            }
        }

        for (int row = 0; row < queryCount * group.Heads; row++)
        {
            float total = VectorMath.Sum<S, V>(S.Load(lanes + (row * S.Width)));
            float inverse = total > 0 ? 1 / total : 0;
            int token = positions[row] - input.FirstPosition;
            int head = group.FirstHead + (row % group.Heads);
            if (input.Sinks is not null && total > 0)
            {
                // Relative to the larger of both, so that neither overflows.
                float largest = Math.Max(maxima[row], input.Sinks[head]);
                float share = MathF.Exp(maxima[row] - largest);
                inverse = share / ((total * share) + MathF.Exp(input.Sinks[head] - largest));
            }

            if (input.Output is not null)
            {
                float* output = input.Output + (token * input.OutputStride) + ((long)head * input.ValueDimension);
                for (int i = 0; i < input.ValueDimension; i++)
                {
                    output[i] = sums[(row * valueWidth) + i] * inverse;
                }
            }

            if (job.Maxima is not null)
            {
                job.Maxima[((long)head * input.Tokens) + token] = OnlineSoftmax.Reference(maxima[row]);
                job.Shares[((long)head * input.Tokens) + token] = inverse / input.Tokens;
            }
        }
    }

    /// <summary>Rows of the item, query by query and head by head, scaled; the last is repeated up to a multiple of six.</summary>
    private static void LoadQueries(
        ref readonly AttentionInput input, ref readonly HeadGroup group, int firstQuery, int queryCount, int queryRows, float* queries, int* positions)
    {
        for (int row = 0; row < queryRows; row++, queries += input.PaddedKey)
        {
            int source = Math.Min(row, (queryCount * group.Heads) - 1);
            int token = group.Token(firstQuery + (source / group.Heads), input.FirstPosition);
            int head = group.FirstHead + (source % group.Heads);
            positions[row] = input.FirstPosition + token;
            float* query = input.Queries + (token * input.QueryStride) + ((long)head * input.KeyDimension);
            for (int i = 0; i < input.KeyDimension; i++)
            {
                queries[i] = query[i] * input.Scale;
            }
        }
    }
}
