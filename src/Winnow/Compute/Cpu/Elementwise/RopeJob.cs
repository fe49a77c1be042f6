using Winnow.Compute.Simd;

namespace Winnow.Compute.Cpu.Elementwise;

/// <summary>Rotates the heads of rows in place: a task is one row.</summary>
internal unsafe struct RopeJob
{
    public float* Rows;
    public long Stride;
    public int Columns;
    public int HeadDimension;

    /// <summary>A <see cref="RopeTable"/> of the positions of the rows.</summary>
    public float* Table;
    public int TableColumns;

    /// <summary>Elements (2i, 2i + 1).</summary>
    public static void NeighboursWork<S, V>(void* state, int row)
        where S : struct, ISimd<V>
        where V : struct
    {
        ref readonly RopeJob job = ref *(RopeJob*)state;
        float* cosines = job.Table + ((long)row * 2 * job.TableColumns);
        float* sines = cosines + job.TableColumns;
        float* end = job.Rows + (row * job.Stride) + job.Columns;
        for (float* head = job.Rows + (row * job.Stride); head < end; head += job.HeadDimension)
        {
            int i = 0;
            for (; i <= job.TableColumns - S.Width; i += S.Width)
            {
                V x = S.Load(head + i);
                S.Store(S.MultiplyAdd(x, S.Load(cosines + i), S.Multiply(S.SwapPairs(x), S.Load(sines + i))), head + i);
            }

            for (; i < job.TableColumns; i += 2)
            {
                (head[i], head[i + 1]) =
                    ((head[i] * cosines[i]) + (head[i + 1] * sines[i]), (head[i + 1] * cosines[i]) + (head[i] * sines[i + 1]));
            }
        }
    }

    /// <summary>Elements (i, i + n / 2).</summary>
    public static void HalvesWork<S, V>(void* state, int row)
        where S : struct, ISimd<V>
        where V : struct
    {
        ref readonly RopeJob job = ref *(RopeJob*)state;
        int pairs = job.TableColumns;
        float* cosines = job.Table + ((long)row * 2 * pairs);
        float* sines = cosines + pairs;
        float* end = job.Rows + (row * job.Stride) + job.Columns;
        for (float* head = job.Rows + (row * job.Stride); head < end; head += job.HeadDimension)
        {
            int i = 0;
            for (; i <= pairs - S.Width; i += S.Width)
            {
                V x = S.Load(head + i);
                V y = S.Load(head + pairs + i);
                V cosine = S.Load(cosines + i);
                V sine = S.Load(sines + i);
                S.Store(S.Subtract(S.Multiply(x, cosine), S.Multiply(y, sine)), head + i);
                S.Store(S.MultiplyAdd(y, cosine, S.Multiply(x, sine)), head + pairs + i);
            }

            for (; i < pairs; i++)
            {
                float x = head[i];
                float y = head[pairs + i];
                head[i] = (x * cosines[i]) - (y * sines[i]);
                head[pairs + i] = (y * cosines[i]) + (x * sines[i]);
            }
        }
    }
}
