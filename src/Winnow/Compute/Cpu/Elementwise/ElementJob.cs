using Winnow.Compute.Simd;

namespace Winnow.Compute.Cpu.Elementwise;

/// <summary>output[r, c] = operation(a[r, c], b[r, c], factor), in tasks of <see cref="TaskColumns"/> columns of a row.</summary>
internal unsafe struct ElementJob
{
    /// <summary>Columns of a task: some microseconds of work.</summary>
    public const int TaskColumns = 8192;

    /// <summary>Fewer elements than this are not worth waking threads for.</summary>
    public const long ParallelElements = 64 << 10;

    public float* A;
    public float* B;
    public float* Output;
    public long AStride;

    /// <summary>0 where b is one row.</summary>
    public long BStride;
    public long OutputStride;
    public int Columns;
    public float Factor;

    public readonly int TasksPerRow => (Columns + TaskColumns - 1) / TaskColumns;

    public static void Work<S, V, O>(void* state, int task)
        where S : struct, ISimd<V>
        where V : struct
        where O : struct, IElementOperation
    {
        ref readonly ElementJob job = ref *(ElementJob*)state;
        int row = task / job.TasksPerRow;
        int first = task % job.TasksPerRow * TaskColumns;
        int count = Math.Min(TaskColumns, job.Columns - first);
        float* a = job.A + (row * job.AStride) + first;
        float* b = job.B + (row * job.BStride) + first;
        float* output = job.Output + (row * job.OutputStride) + first;
        V factor = S.Broadcast(job.Factor);
        int i = 0;
        for (; i <= count - S.Width; i += S.Width)
        {
            S.Store(O.Invoke<S, V>(S.Load(a + i), S.Load(b + i), factor), output + i);
        }

        if (i < count)
        {
            // The rest as one vector, through a copy: whatever lies behind the row is neither read nor written.
            float* rest = stackalloc float[3 * S.Width];
            new Span<float>(rest, 2 * S.Width).Clear();
            new ReadOnlySpan<float>(a + i, count - i).CopyTo(new Span<float>(rest, S.Width));
            new ReadOnlySpan<float>(b + i, count - i).CopyTo(new Span<float>(rest + S.Width, S.Width));
            S.Store(O.Invoke<S, V>(S.Load(rest), S.Load(rest + S.Width), factor), rest + (2 * S.Width));
            new ReadOnlySpan<float>(rest + (2 * S.Width), count - i).CopyTo(new Span<float>(output + i, count - i));
        }
    }
}
