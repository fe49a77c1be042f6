using Winnow.Compute.Simd;

namespace Winnow.Compute.Cpu.Attention;

/// <summary>Attention of decode steps, each by itself: a group's rows are cut into partitions, scored and summed apart, and merged in order.</summary>
/// <remarks>
/// Partitions are of a fixed number of visited rows, whatever the number of threads, so that results do not depend on it
/// (https://crfm.stanford.edu/2023/10/12/flashdecoding.html).
/// </remarks>
internal unsafe struct DecodeJob
{
    /// <summary>Visited rows of a partition: enough to make a merge cheap, few enough to keep many threads busy.</summary>
    public const int PartitionRows = 512;

    public AttentionInput Input;
    public HeadGroup* Groups;
    public int GroupCount;

    /// <summary>Scratch memory of each task, <see cref="SlotFloats"/> apart.</summary>
    public float* Slots;
    public long SlotFloats;

    /// <summary>Whether rows must be decoded before use: heads that are no whole vectors, keys and values of two types.</summary>
    public bool Decodes;
    public int Items;
    public int NextItem;

    /// <summary>Room for the addresses of two tiles' rows and of decoded ones, in floats.</summary>
    private const int AddressFloats = 2 * 3 * AttentionInput.TileRows;

    /// <summary>Floats of an item's result: the sums of each head, then the maxima, then the sums of probabilities.</summary>
    public static int PartialFloats(int heads, int paddedValue) => heads * (paddedValue + 2);

    /// <summary>Floats of a task's scratch memory: under 70 KiB for 8 heads of 128.</summary>
    public static long SlotSize(ref readonly AttentionInput input, int heads, int width) =>
        AddressFloats + (AttentionInput.TileRows * input.PaddedWidest) // decoded rows
        + (heads * (input.PaddedKey + AttentionInput.TileRows + width)) // queries, scores, lanes of sums
        + heads + width; // corrections

    public static void Work<S, V, E>(void* state, int task)
        where S : struct, ISimd<V>
        where V : struct
        where E : struct, IKvElements
    {
        ref DecodeJob job = ref *(DecodeJob*)state;
        float* slot = job.Slots + (task * job.SlotFloats);
        int item = Interlocked.Increment(ref job.NextItem) - 1;
        while (item < job.Items)
        {
            // Claimed ahead, so that its first rows can be on their way.
            int next = Interlocked.Increment(ref job.NextItem) - 1;
            HeadGroup* group = HeadGroup.Of(job.Groups, job.GroupCount, item);
            Visit<S, V, E>(ref job, ref *group, item - group->FirstItem, next, slot);
            if (Interlocked.Decrement(ref group->Remaining) == 0)
            {
                Merge<S, V>(ref job.Input, ref *group, slot);
            }

            item = next;
        }
    }

    /// <summary>Scores and sums the rows of one partition.</summary>
    private static void Visit<S, V, E>(ref DecodeJob job, ref HeadGroup group, int partition, int nextItem, float* slot)
        where S : struct, ISimd<V>
        where V : struct
        where E : struct, IKvElements
    {
        ref readonly AttentionInput input = ref job.Input;
        int heads = group.Heads;
        int keyWidth = input.PaddedKey;
        int valueWidth = input.PaddedValue;
        float* sums = group.Partials + ((long)partition * PartialFloats(heads, valueWidth));
        float* maxima = sums + (heads * valueWidth);

        byte** rows = (byte**)slot;
        byte** ahead = rows + AttentionInput.TileRows;
        byte** decodedRows = ahead + AttentionInput.TileRows;
        float* decoded = slot + AddressFloats;
        float* queries = decoded + (AttentionInput.TileRows * input.PaddedWidest);
        float* scores = queries + (heads * keyWidth);
        float* lanes = scores + (heads * AttentionInput.TileRows);
        float* corrections = lanes + (heads * S.Width);

        LoadQueries(in input, in group, E.Factor, queries);
        new Span<float>(sums, heads * valueWidth).Clear();
        new Span<float>(maxima, heads).Fill(float.NegativeInfinity);
        new Span<float>(lanes, heads * S.Width).Clear();
        int first = group.Begin + (partition * PartitionRows);
        int end = Math.Min(group.End, first + PartitionRows);
        KvRows.Locate(in input, in group, first, Math.Min(AttentionInput.TileRows, end - first), rows);
        for (; first < end; first += AttentionInput.TileRows)
        {
            int count = Math.Min(AttentionInput.TileRows, end - first);
            int bytes = LocateNext(ref job, ref group, first + count, end, nextItem, ahead) ? input.TokenBytes : 0;

            // While the tile's keys are read, the first half of the next tile is fetched; while its values are, the other half.
            UpcomingRows firstHalf = new(ahead, bytes);
            UpcomingRows secondHalf = new(ahead + (AttentionInput.TileRows / 2), bytes);
            byte** values = rows;
            int valueOffset = input.KeyBytes;
            if (job.Decodes)
            {
                values = decodedRows;
                valueOffset = 0;
                KvRows.Decode<S, V>(input.KeyType, rows, 0, count, input.KeyDimension, keyWidth, decoded);
                LocateDecoded(decoded, count, keyWidth, values);
                GroupDots<S, V, E>.Scores(values, firstHalf, count, queries, heads, keyWidth, scores);
                KvRows.Decode<S, V>(input.ValueType, rows, input.KeyBytes, count, input.ValueDimension, valueWidth, decoded);
                LocateDecoded(decoded, count, valueWidth, values);
            }
            else
            {
                GroupDots<S, V, E>.Scores(rows, firstHalf, count, queries, heads, keyWidth, scores);
            }

            if (input.SoftCap > 0)
            {
                OnlineSoftmax.SoftCap<S, V>(scores, heads * AttentionInput.TileRows, input.SoftCap);
            }

            for (int head = 0; head < heads; head++)
            {
                float* row = scores + (head * AttentionInput.TileRows);
                new Span<float>(row + count, AttentionInput.TileRows - count).Fill(float.NegativeInfinity);
                if (input.Mass is not null)
                {
                    KeepScores(in input, in group, group.FirstHead + head, first, count, row);
                }
            }

            OnlineSoftmax.Update<S, V>(scores, heads, maxima, corrections, lanes, E.Factor);
            if (input.Output is not null)
            {
                GroupDots<S, V, E>.Accumulate(
                    values, valueOffset, secondHalf, count, scores, corrections, heads, valueWidth, sums);
            }

            byte** visited = rows;
            rows = ahead;
            ahead = visited;
        }

        for (int head = 0; head < heads; head++)
        {
            maxima[heads + head] = VectorMath.Sum<S, V>(S.Load(lanes + (head * S.Width)));
        }
    }

    /// <summary>The addresses that this thread visits after a tile, if any: of the same partition, or of the item that it has claimed.</summary>
    private static bool LocateNext(ref DecodeJob job, ref HeadGroup group, int first, int end, int nextItem, byte** rows)
    {
        if (first < end)
        {
            KvRows.Locate(in job.Input, in group, first, Math.Min(AttentionInput.TileRows, end - first), rows);
            return true;
        }

        if (nextItem < job.Items)
        {
            HeadGroup* next = HeadGroup.Of(job.Groups, job.GroupCount, nextItem);
            first = next->Begin + ((nextItem - next->FirstItem) * PartitionRows);
            KvRows.Locate(in job.Input, in *next, first, Math.Min(AttentionInput.TileRows, next->End - first), rows);
            return true;
        }

        return false;
    }

    private static void LocateDecoded(float* decoded, int count, int dimension, byte** rows)
    {
        for (int i = 0; i < AttentionInput.TileRows; i++)
        {
            rows[i] = (byte*)(decoded + (Math.Min(i, count - 1) * dimension));
        }
    }

    /// <summary>Scaled, and padded with zeros.</summary>
    private static void LoadQueries(ref readonly AttentionInput input, ref readonly HeadGroup group, float factor, float* queries)
    {
        factor *= input.Scale;
        float* query = input.Queries + (group.Query * input.QueryStride) + ((long)group.FirstHead * input.KeyDimension);
        for (int head = 0; head < group.Heads; head++, query += input.KeyDimension)
        {
            for (int i = 0; i < input.PaddedKey; i++)
            {
                *queries++ = i < input.KeyDimension ? query[i] * factor : 0;
            }
        }
    }

    private static void KeepScores(ref readonly AttentionInput input, ref readonly HeadGroup group, int head, int first, int count, float* scores)
    {
        float* mass = input.Mass + (head * input.MassStride);
        if (group.Rows is null)
        {
            new ReadOnlySpan<float>(scores, count).CopyTo(new Span<float>(mass + first, count));
            return;
        }

        for (int i = 0; i < count; i++)
        {
            mass[group.Rows[first + i]] = scores[i];
        }
    }

    /// <summary>Brings the partitions of a group together, in their order.</summary>
    private static void Merge<S, V>(ref readonly AttentionInput input, ref readonly HeadGroup group, float* slot)
        where S : struct, ISimd<V>
        where V : struct
    {
        int dimension = input.PaddedValue;
        long record = PartialFloats(group.Heads, dimension);
        float* merged = slot + AddressFloats;
        for (int head = 0; head < group.Heads; head++)
        {
            float* maxima = group.Partials + (group.Heads * dimension) + head;
            float sink = input.Sinks is null ? float.NegativeInfinity : input.Sinks[group.FirstHead + head];
            float maximum = sink;
            for (int i = 0; i < group.Items; i++)
            {
                maximum = Math.Max(maximum, maxima[i * record]);
            }

            new Span<float>(merged, dimension).Clear();
            float total = input.Sinks is null ? 0 : MathF.Exp(sink - maximum);
            for (int i = 0; i < group.Items; i++)
            {
                float weight = MathF.Exp(maxima[i * record] - maximum);
                total += weight * maxima[(i * record) + group.Heads];
                AddScaled<S, V>(group.Partials + (i * record) + (head * dimension), weight, merged, dimension);
            }

            if (input.Output is not null)
            {
                float* output = input.Output + (group.Query * input.OutputStride) + ((long)(group.FirstHead + head) * input.ValueDimension);
                for (int i = 0; i < input.ValueDimension; i++)
                {
                    output[i] = merged[i] / total;
                }
            }

            if (input.Mass is not null)
            {
                Normalize<S, V>(input.Mass + ((group.FirstHead + head) * input.MassStride), input.Length, maximum, total);
            }
        }
    }

    private static void AddScaled<S, V>(float* source, float weight, float* target, int count)
        where S : struct, ISimd<V>
        where V : struct
    {
        V factor = S.Broadcast(weight);
        for (int i = 0; i < count; i += S.Width)
        {
            S.Store(S.MultiplyAdd(S.Load(source + i), factor, S.Load(target + i)), target + i);
        }
    }

    /// <summary>From scores to probabilities.</summary>
    private static void Normalize<S, V>(float* scores, int count, float maximum, float total)
        where S : struct, ISimd<V>
        where V : struct
    {
        V reference = S.Broadcast(maximum);
        V factor = S.Broadcast(1 / total);
        int i = 0;
        for (; i <= count - S.Width; i += S.Width)
        {
            S.Store(S.Multiply(VectorMath.Exp<S, V>(S.Subtract(S.Load(scores + i), reference)), factor), scores + i);
        }

        for (; i < count; i++)
        {
            scores[i] = MathF.Exp(scores[i] - maximum) / total;
        }
    }
}
