using Winnow.Compute.Simd;

namespace Winnow.Compute.Cpu.Recurrence;

/// <summary>Causal convolutions of channels: a task is all tokens of <see cref="TaskColumns"/> channels.</summary>
internal unsafe struct ConvolutionJob
{
    public const int TaskColumns = 256;

    public float* Input;
    public float* Weight;

    /// <summary>Null where there is none.</summary>
    public float* Bias;
    public float* Before;
    public float* After;
    public float* Output;
    public long InputStride;
    public long WeightStride;
    public long BeforeStride;
    public long AfterStride;
    public long OutputStride;
    public int Tokens;
    public int Columns;
    public int Kernel;

    public readonly int Tasks => (Columns + TaskColumns - 1) / TaskColumns;

    public static void Work<S, V>(void* state, int task)
        where S : struct, ISimd<V>
        where V : struct
    {
        ref readonly ConvolutionJob job = ref *(ConvolutionJob*)state;
        int first = task * TaskColumns;
        int end = Math.Min(first + TaskColumns, job.Columns);
        for (int t = 0; t < job.Tokens; t++)
        {
            float* output = job.Output + (t * job.OutputStride);
            int i = first;
            for (; i <= end - S.Width; i += S.Width)
            {
                V sum = job.Bias is null ? S.Zero : S.Load(job.Bias + i);
                for (int k = 0; k < job.Kernel; k++)
                {
                    sum = S.MultiplyAdd(S.Load(job.Weight + (k * job.WeightStride) + i), S.Load(job.Row(t + k) + i), sum);
                }

                S.Store(sum, output + i);
            }

            for (; i < end; i++)
            {
                float sum = job.Bias is null ? 0 : job.Bias[i];
                for (int k = 0; k < job.Kernel; k++)
                {
                    sum = MathF.FusedMultiplyAdd(job.Weight[(k * job.WeightStride) + i], job.Row(t + k)[i], sum);
                }

                output[i] = sum;
            }
        }

        // Ascending: where both states are one, a row is read before it is written.
        for (int row = 0; row < job.Kernel - 1; row++)
        {
            new ReadOnlySpan<float>(job.Row(job.Tokens + row) + first, end - first)
                .CopyTo(new Span<float>(job.After + (row * job.AfterStride) + first, end - first));
        }
    }

    /// <summary>A row of the state with the tokens behind it.</summary>
    private readonly float* Row(int row) => row < Kernel - 1
        ? Before + (row * BeforeStride)
        : Input + ((row - Kernel + 1) * InputStride);
}
