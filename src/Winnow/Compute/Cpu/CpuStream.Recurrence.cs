using System.Runtime.Intrinsics;
using Winnow.Compute.Cpu.Elementwise;
using Winnow.Compute.Cpu.Recurrence;
using Winnow.Compute.Simd;

namespace Winnow.Compute.Cpu;

internal sealed unsafe partial class CpuStream
{
    protected override void MultiplyCore(Matrix a, Matrix b, Matrix output) => RunElements<Multiplied>(a, b, output, 0);

    protected override void ConvolveCore(Matrix input, Matrix weight, Matrix? bias, Matrix before, Matrix after, Matrix output)
    {
        ConvolutionJob job = new()
        {
            Input = CpuBuffer.Of(input),
            Weight = CpuBuffer.Of(weight),
            Bias = bias is { } b ? CpuBuffer.Of(b) : null,
            Before = CpuBuffer.Of(before),
            After = CpuBuffer.Of(after),
            Output = CpuBuffer.Of(output),
            InputStride = input.Stride,
            WeightStride = weight.Stride,
            BeforeStride = before.Stride,
            AfterStride = after.Stride,
            OutputStride = output.Stride,
            Tokens = input.Rows,
            Columns = input.Columns,
            Kernel = weight.Rows,
        };
        delegate*<void*, int, void> work = _isa switch
        {
            CpuIsa.Avx512 => &ConvolutionJob.Work<Simd512, Vector512<float>>,
            CpuIsa.Avx2 => &ConvolutionJob.Work<Simd256, Vector256<float>>,
            _ => &ConvolutionJob.Work<Simd128, Vector128<float>>,
        };
        RunTasks(work, &job, job.Tasks, (long)input.Rows * input.Columns * weight.Rows);
    }

    protected override void AttendLinearlyCore(LinearAttentionShape shape, in LinearAttentionRows rows, Matrix before, Matrix after, Matrix output)
    {
        LinearAttentionJob job = new()
        {
            Query = CpuBuffer.Of(rows.Query),
            Key = CpuBuffer.Of(rows.Key),
            Value = CpuBuffer.Of(rows.Value),
            Decay = CpuBuffer.Of(rows.Decay),
            Rate = rows.Rate is { } rate ? CpuBuffer.Of(rate) : null,
            Skip = rows.Skip is { } skip ? CpuBuffer.Of(skip) : null,
            Before = CpuBuffer.Of(before),
            After = CpuBuffer.Of(after),
            Output = CpuBuffer.Of(output),
            QueryStride = rows.Query.Stride,
            KeyStride = rows.Key.Stride,
            ValueStride = rows.Value.Stride,
            DecayStride = rows.Decay.Rows == 1 ? 0 : rows.Decay.Stride,
            RateStride = rows.Rate?.Stride ?? 0,
            BeforeStride = before.Stride,
            AfterStride = after.Stride,
            OutputStride = output.Stride,
            Tokens = output.Rows,
            Heads = shape.Heads,
            KeyHeads = shape.KeyHeads,
            KeyDimension = shape.KeyDimension,
            ValueDimension = shape.ValueDimension,
            TilesKeyHeads = shape.TilesKeyHeads,
            IsDelta = shape.IsDelta,
            FadesChannels = shape.FadesChannels,
        };
        job.TaskColumns = LinearAttentionJob.TaskVectors * _isa switch
        {
            CpuIsa.Avx512 => Simd512.Width,
            CpuIsa.Avx2 => Simd256.Width,
            _ => Simd128.Width,
        };
        delegate*<void*, int, void> work = _isa switch
        {
            CpuIsa.Avx512 => &LinearAttentionJob.Work<Simd512, Vector512<float>>,
            CpuIsa.Avx2 => &LinearAttentionJob.Work<Simd256, Vector256<float>>,
            _ => &LinearAttentionJob.Work<Simd128, Vector128<float>>,
        };
        RunTasks(work, &job, shape.Heads * job.TasksPerHead, (long)output.Rows * before.Rows * before.Columns);
    }

    protected override void ScanStatesCore(
        Matrix value, Matrix step, Matrix rate, Matrix key, Matrix query, Matrix skip, Matrix before, Matrix after, Matrix output)
    {
        StateScanJob job = new()
        {
            Value = CpuBuffer.Of(value),
            Step = CpuBuffer.Of(step),
            Rate = CpuBuffer.Of(rate),
            Key = CpuBuffer.Of(key),
            Query = CpuBuffer.Of(query),
            Skip = CpuBuffer.Of(skip),
            Before = CpuBuffer.Of(before),
            After = CpuBuffer.Of(after),
            Output = CpuBuffer.Of(output),
            ValueStride = value.Stride,
            StepStride = step.Stride,
            RateStride = rate.Stride,
            KeyStride = key.Stride,
            QueryStride = query.Stride,
            BeforeStride = before.Stride,
            AfterStride = after.Stride,
            OutputStride = output.Stride,
            Tokens = value.Rows,
            Columns = value.Columns,
            States = rate.Rows,
        };
        delegate*<void*, int, void> work = _isa switch
        {
            CpuIsa.Avx512 => &StateScanJob.Work<Simd512, Vector512<float>>,
            CpuIsa.Avx2 => &StateScanJob.Work<Simd256, Vector256<float>>,
            _ => &StateScanJob.Work<Simd128, Vector128<float>>,
        };
        RunTasks(work, &job, job.Tasks, (long)value.Rows * rate.Rows * rate.Columns);
    }

    protected override void TimeStepsCore(Matrix step, Matrix bias, float least, float most, Matrix? rate, Matrix? decay)
    {
        TimeStepJob job = new()
        {
            Step = CpuBuffer.Of(step),
            Bias = CpuBuffer.Of(bias),
            Rate = rate is { } r ? CpuBuffer.Of(r) : null,
            Decay = decay is { } d ? CpuBuffer.Of(d) : null,
            StepStride = step.Stride,
            DecayStride = decay?.Stride ?? 0,
            Columns = step.Columns,
            Least = least,
            Most = most,
        };

        // A logarithm takes as long as dozens of products.
        RunTasks(&TimeStepJob.Work, &job, step.Rows, (long)step.Rows * step.Columns * 32);
    }
}
