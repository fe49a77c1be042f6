using Winnow.Compute.Simd;

namespace Winnow.Compute.Cpu.Recurrence;

/// <summary>Selective state spaces: a task is all tokens of <see cref="TaskColumns"/> channels.</summary>
internal unsafe struct StateScanJob
{
    public const int TaskColumns = 64;

    public float* Value;
    public float* Step;
    public float* Rate;
    public float* Key;
    public float* Query;
    public float* Skip;
    public float* Before;
    public float* After;
    public float* Output;
    public long ValueStride;
    public long StepStride;
    public long RateStride;
    public long KeyStride;
    public long QueryStride;
    public long BeforeStride;
    public long AfterStride;
    public long OutputStride;
    public int Tokens;
    public int Columns;
    public int States;

    public readonly int Tasks => (Columns + TaskColumns - 1) / TaskColumns;

    public static void Work<S, V>(void* state, int task)
        where S : struct, ISimd<V>
        where V : struct
    {
        ref readonly StateScanJob job = ref *(StateScanJob*)state;
        int first = task * TaskColumns;
        int end = Math.Min(first + TaskColumns, job.Columns);
        for (int t = 0; t < job.Tokens; t++)
        {
            float* value = job.Value + (t * job.ValueStride);
            float* step = job.Step + (t * job.StepStride);
            float* key = job.Key + (t * job.KeyStride);
            float* query = job.Query + (t * job.QueryStride);
            float* output = job.Output + (t * job.OutputStride);
            float* source = t == 0 ? job.Before : job.After;
            long sourceStride = t == 0 ? job.BeforeStride : job.AfterStride;
            int i = first;
            for (; i <= end - S.Width; i += S.Width)
            {
                V time = S.Load(step + i);
                V x = S.Load(value + i);
                V added = S.Multiply(time, x);
                V y = S.Multiply(S.Load(job.Skip + i), x);
                for (int n = 0; n < job.States; n++)
                {
                    V decay = VectorMath.Exp<S, V>(S.Multiply(time, S.Load(job.Rate + (n * job.RateStride) + i)));
                    V s = S.MultiplyAdd(added, S.Broadcast(key[n]), S.Multiply(decay, S.Load(source + (n * sourceStride) + i)));
                    S.Store(s, job.After + (n * job.AfterStride) + i);
                    y = S.MultiplyAdd(s, S.Broadcast(query[n]), y);
                }

                S.Store(y, output + i);
            }

            for (; i < end; i++)
            {
                float x = value[i];
                float y = job.Skip[i] * x;
                for (int n = 0; n < job.States; n++)
                {
                    float s = (MathF.Exp(step[i] * job.Rate[(n * job.RateStride) + i]) * source[(n * sourceStride) + i]) + (step[i] * x * key[n]);
                    job.After[(n * job.AfterStride) + i] = s;
                    y += s * query[n];
                }

                output[i] = y;
            }
        }
    }
}
