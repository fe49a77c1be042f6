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
    public static long SlotSize(int heads, int paddedDimension, int width)
    {
        long queryRows = RoundUp(TileQueries(heads) * heads);
        return (2 * AttentionInput.TileRows) // addresses
            + (queryRows * ((2 * paddedDimension) + width + 2)) // queries, outputs, lanes of sums, maxima, positions
            + (6 * AttentionInput.TileRows) + 16 // scores, corrections
            + (2 * AttentionInput.TileRows * paddedDimension); // keys, values
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
        int dimension = input.PaddedDimension;
        int firstQuery = tile * TileQueries(group.Heads);
        int queryCount = Math.Min(TileQueries(group.Heads), group.QueryCount - firstQuery);
        int queryRows = RoundUp(queryCount * group.Heads);

        byte** rows = (byte**)slot;
        float* scores = slot + (2 * AttentionInput.TileRows);
        float* corrections = scores + (6 * AttentionInput.TileRows);
        float* keys = corrections + 16;
        float* values = keys + (AttentionInput.TileRows * dimension);
        float* queries = values + (AttentionInput.TileRows * dimension);
        float* sums = queries + (queryRows * dimension);
        float* lanes = sums + (queryRows * dimension);
        float* maxima = lanes + (queryRows * S.Width);
        int* positions = (int*)(maxima + queryRows);

        LoadQueries(in input, in group, firstQuery, queryCount, queryRows, queries, positions);
        new Span<float>(sums, queryRows * dimension).Clear();
        new Span<float>(lanes, queryRows * S.Width).Clear();
        new Span<float>(maxima, queryRows).Fill(float.NegativeInfinity);
        new Span<float>(corrections, 16).Clear();

        int visited = group.Rows is null ? input.Length : group.RowCount;
        int end = group.CountUpTo(positions[queryRows - 1], 0, visited);
        int begin = input.Window > 0 ? group.CountUpTo(positions[0] - input.Window, 0, visited) : 0;
        for (int first = begin / AttentionInput.TileRows * AttentionInput.TileRows; first < end; first += AttentionInput.TileRows)
        {
            int count = Math.Min(AttentionInput.TileRows, end - first);
            KvRows.Locate(in input, in group, first, count, rows);
            KvRows.Decode<S, V>(input.Type, rows, 0, count, input.HeadDimension, dimension, values);
            KvRows.Transpose(values, count, dimension, keys);
            if (input.Output is not null)
            {
                KvRows.Decode<S, V>(input.Type, rows, input.RowBytes, count, input.HeadDimension, dimension, values);
            }

            for (int row = 0; row < queryRows; row += 6)
            {
                int visible = PrefillScores.Compute<S, V>(
                    in input, in group, first, count, keys, queries + (row * dimension), dimension, positions + row, scores);
                if (visible == 0)
                {
                    continue;
                }

                OnlineSoftmax.Update<S, V>(scores, 6, maxima + row, corrections, lanes + (row * S.Width), 1);
                if (input.Output is not null)
                {
                    SixRowProduct<S, V>.Multiply(
                        scores, AttentionInput.TileRows, visible, values, dimension, dimension, sums + (row * dimension), dimension, corrections);
                }
            }
        }

        for (int row = 0; row < queryCount * group.Heads; row++)
        {
            float total = VectorMath.Sum<S, V>(S.Load(lanes + (row * S.Width)));
            float inverse = total > 0 ? 1 / total : 0;
            int token = positions[row] - input.FirstPosition;
            int head = group.FirstHead + (row % group.Heads);
            if (input.Output is not null)
            {
                float* output = input.Output + (token * input.OutputStride) + ((long)head * input.HeadDimension);
                for (int i = 0; i < input.HeadDimension; i++)
                {
                    output[i] = sums[(row * dimension) + i] * inverse;
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
        for (int row = 0; row < queryRows; row++, queries += input.PaddedDimension)
        {
            int source = Math.Min(row, (queryCount * group.Heads) - 1);
            int token = group.Token(firstQuery + (source / group.Heads), input.FirstPosition);
            int head = group.FirstHead + (source % group.Heads);
            positions[row] = input.FirstPosition + token;
            float* query = input.Queries + (token * input.QueryStride) + ((long)head * input.HeadDimension);
            for (int i = 0; i < input.HeadDimension; i++)
            {
                queries[i] = query[i] * input.Scale;
            }
        }
    }
}
