using Winnow.Compute.Simd;

namespace Winnow.Compute.Cpu.Attention;

/// <summary>
/// The second pass of attention mass: with each query's maximum and sum known, an item adds up the probabilities that one tile of
/// cache rows received, query after query. No [tokens, rows] matrix is ever held.
/// </summary>
internal unsafe struct MassJob
{
    /// <summary>What the first pass left.</summary>
    public PrefillJob* Prefill;
    public int Items;
    public int NextItem;

    public static void Work<S, V>(void* state, int task)
        where S : struct, ISimd<V>
        where V : struct
    {
        ref MassJob job = ref *(MassJob*)state;
        float* slot = job.Prefill->Slots + (task * job.Prefill->SlotFloats);
        for (int item = Interlocked.Increment(ref job.NextItem) - 1; item < job.Items; item = Interlocked.Increment(ref job.NextItem) - 1)
        {
            HeadGroup* group = HeadGroup.Of(job.Prefill->Groups, job.Prefill->GroupCount, item);
            AddUp<S, V>(in *job.Prefill, in *group, (item - group->FirstItem) * AttentionInput.TileRows, slot);
        }
    }

    private static void AddUp<S, V>(ref readonly PrefillJob job, ref readonly HeadGroup group, int first, float* slot)
        where S : struct, ISimd<V>
        where V : struct
    {
        ref readonly AttentionInput input = ref job.Input;
        int dimension = input.PaddedKey;
        int count = Math.Min(AttentionInput.TileRows, group.RowCount - first);

        byte** rows = (byte**)slot;
        float* scores = slot + (2 * AttentionInput.TileRows);
        float* keys = scores + (7 * AttentionInput.TileRows);
        float* decoded = keys + (AttentionInput.TileRows * dimension);
        float* queries = decoded;
        float* sums = scores + (6 * AttentionInput.TileRows);
        KvRows.Locate(in input, in group, first, count, rows);
        KvRows.Decode<S, V>(input.KeyType, rows, 0, count, input.KeyDimension, dimension, decoded);
        PrefillScores.Arrange<S, V>(decoded, count, dimension, keys);

        int* positions = stackalloc int[6];
        for (int head = group.FirstHead; head < group.FirstHead + group.Heads; head++)
        {
            new Span<float>(sums, AttentionInput.TileRows).Clear();
            for (int query = 0; query < group.QueryCount; query += 6)
            {
                int queryCount = Math.Min(6, group.QueryCount - query);
                for (int i = 0; i < 6; i++)
                {
                    int token = group.Token(query + Math.Min(i, queryCount - 1), input.FirstPosition);
                    positions[i] = input.FirstPosition + token;
                }

                if (group.Position(first) > input.LastVisible(positions[5]))
                {
                    continue;
                }

                for (int i = 0; i < queryCount; i++)
                {
                    float* source = input.Queries + ((positions[i] - input.FirstPosition) * input.QueryStride) + ((long)head * input.KeyDimension);
                    for (int j = 0; j < input.KeyDimension; j++)
                    {
                        queries[(i * dimension) + j] = source[j] * input.Scale;
                    }
                }

                if (PrefillScores.Compute<S, V>(in input, in group, first, count, keys, queries, dimension, positions, scores) != 0)
                {
                    Add<S, V>(in job, head, positions, queryCount, scores, sums);
                }
            }

            float* mass = input.Mass + (head * input.MassStride);
            for (int i = 0; i < count; i++)
            {
                mass[group.Row(first + i)] = sums[i];
            }
        }
    }

    private static void Add<S, V>(ref readonly PrefillJob job, int head, int* positions, int queryCount, float* scores, float* sums)
        where S : struct, ISimd<V>
        where V : struct
    {
        for (int i = 0; i < queryCount; i++)
        {
            long query = ((long)head * job.Input.Tokens) + positions[i] - job.Input.FirstPosition;
            V reference = S.Broadcast(job.Maxima[query]);
            V share = S.Broadcast(job.Shares[query]);
            float* row = scores + (i * AttentionInput.TileRows);
            for (int j = 0; j < AttentionInput.TileRows; j += S.Width)
            {
                V probability = VectorMath.Exp<S, V>(S.Subtract(S.Load(row + j), reference));
                S.Store(S.MultiplyAdd(probability, share, S.Load(sums + j)), sums + j);
            }
        }
    }
}
