using System.Runtime.Intrinsics;
using Winnow.Compute.Cpu.Elementwise;
using Winnow.Compute.Simd;

namespace Winnow.Compute.Cpu;

internal sealed unsafe partial class CpuStream
{
    /// <summary>Tables that are kept: architectures have one or two bases, and long-context scalings two sets of frequencies.</summary>
    private const int RopeTables = 4;

    private readonly RopeTable[] _ropeTables = [.. Enumerable.Range(0, RopeTables).Select(_ => new RopeTable())];
    private int _nextRopeTable;

    protected override void RmsNormCore(Matrix input, Matrix weight, float epsilon, Matrix output) => RunRows(
        Norm(input, weight, null, epsilon, output),
        input,
        _isa switch
        {
            CpuIsa.Avx512 => &NormJob.RmsWork<Simd512, Vector512<float>>,
            CpuIsa.Avx2 => &NormJob.RmsWork<Simd256, Vector256<float>>,
            _ => &NormJob.RmsWork<Simd128, Vector128<float>>,
        });

    protected override void LayerNormCore(Matrix input, Matrix weight, Matrix? bias, float epsilon, Matrix output) => RunRows(
        Norm(input, weight, bias, epsilon, output),
        input,
        _isa switch
        {
            CpuIsa.Avx512 => &NormJob.LayerWork<Simd512, Vector512<float>>,
            CpuIsa.Avx2 => &NormJob.LayerWork<Simd256, Vector256<float>>,
            _ => &NormJob.LayerWork<Simd128, Vector128<float>>,
        });

    protected override void RopeCore(Matrix rows, int headDimension, RopeFrequencies frequencies, ReadOnlySpan<int> positions)
    {
        RopeTable table = RopeTableFor(frequencies);
        RopeJob job = new()
        {
            Rows = CpuBuffer.Of(rows),
            Stride = rows.Stride,
            Columns = rows.Columns,
            HeadDimension = headDimension,
            Table = table.Of(frequencies, positions),
            TableColumns = table.Columns,
        };
        RunRows(job, rows, (_isa, frequencies.Interleaved) switch
        {
            (CpuIsa.Avx512, true) => &RopeJob.NeighboursWork<Simd512, Vector512<float>>,
            (CpuIsa.Avx512, false) => &RopeJob.HalvesWork<Simd512, Vector512<float>>,
            (CpuIsa.Avx2, true) => &RopeJob.NeighboursWork<Simd256, Vector256<float>>,
            (CpuIsa.Avx2, false) => &RopeJob.HalvesWork<Simd256, Vector256<float>>,
            (_, true) => &RopeJob.NeighboursWork<Simd128, Vector128<float>>,
            (_, false) => &RopeJob.HalvesWork<Simd128, Vector128<float>>,
        });
    }

    protected override void GateCore(Activation activation, Matrix gate, Matrix up, Matrix output)
    {
        switch (activation)
        {
            case Activation.Silu: RunElements<Gated<Silu>>(gate, up, output, 0); break;
            case Activation.Gelu: RunElements<Gated<Gelu>>(gate, up, output, 0); break;
            case Activation.GeluTanh: RunElements<Gated<GeluTanh>>(gate, up, output, 0); break;
            case Activation.Relu: RunElements<Gated<Relu>>(gate, up, output, 0); break;
            case Activation.ReluSquared: RunElements<Gated<ReluSquared>>(gate, up, output, 0); break;
            case Activation.ClampedSwish: RunElements<GatedClampedSwish>(gate, up, output, 0); break;
            case Activation.Sigmoid: RunElements<Gated<Sigmoid>>(gate, up, output, 0); break;
            default: throw new ArgumentOutOfRangeException(nameof(activation), activation, "not a known activation");
        }
    }

    protected override void ActivateCore(Activation activation, Matrix values)
    {
        switch (activation)
        {
            case Activation.Silu: RunElements<Activated<Silu>>(values, values, values, 0); break;
            case Activation.Gelu: RunElements<Activated<Gelu>>(values, values, values, 0); break;
            case Activation.GeluTanh: RunElements<Activated<GeluTanh>>(values, values, values, 0); break;
            case Activation.Relu: RunElements<Activated<Relu>>(values, values, values, 0); break;
            case Activation.ReluSquared: RunElements<Activated<ReluSquared>>(values, values, values, 0); break;
            case Activation.ClampedSwish: RunElements<Activated<ClampedSwish>>(values, values, values, 0); break;
            case Activation.Sigmoid: RunElements<Activated<Sigmoid>>(values, values, values, 0); break;
            default: throw new ArgumentOutOfRangeException(nameof(activation), activation, "not a known activation");
        }
    }

    protected override void AddCore(Matrix target, Matrix addend, float scale) => RunElements<AddedScaled>(target, addend, target, scale);

    protected override void ScaleCore(Matrix values, float factor) => RunElements<Scaled>(values, values, values, factor);

    protected override void ClampCore(Matrix values, float limit) => RunElements<Clamped>(values, values, values, limit);

    protected override void SoftCapCore(Matrix values, float cap) => RunElements<SoftCapped>(values, values, values, cap);

    protected override void Dispose(bool disposing)
    {
        _matMulScratch.Dispose();
        _attentionScratch.Dispose();
        _expertBuffer?.Dispose();
        _groupScratch.Dispose();
        foreach (RopeTable table in _ropeTables)
        {
            table.Dispose();
        }
    }

    private static NormJob Norm(Matrix input, Matrix weight, Matrix? bias, float epsilon, Matrix output) => new()
    {
        Input = CpuBuffer.Of(input),
        Weight = CpuBuffer.Of(weight),
        Bias = bias is { } b ? CpuBuffer.Of(b) : null,
        Output = CpuBuffer.Of(output),
        InputStride = input.Stride,
        OutputStride = output.Stride,
        Columns = input.Columns,
        Width = weight.Columns,
        Epsilon = epsilon,
    };

    private RopeTable RopeTableFor(RopeFrequencies frequencies)
    {
        foreach (RopeTable table in _ropeTables)
        {
            if (table.IsOf(frequencies))
            {
                return table;
            }
        }

        _nextRopeTable = (_nextRopeTable + 1) % RopeTables;
        return _ropeTables[_nextRopeTable];
    }

    private void RunElements<O>(Matrix a, Matrix b, Matrix output, float factor)
        where O : struct, IElementOperation
    {
        ElementJob job = new()
        {
            A = CpuBuffer.Of(a),
            B = CpuBuffer.Of(b),
            Output = CpuBuffer.Of(output),
            AStride = a.Stride,
            BStride = b.Rows == 1 ? 0 : b.Stride,
            OutputStride = output.Stride,
            Columns = a.Columns,
            Factor = factor,
        };
        delegate*<void*, int, void> work = _isa switch
        {
            CpuIsa.Avx512 => &ElementJob.Work<Simd512, Vector512<float>, O>,
            CpuIsa.Avx2 => &ElementJob.Work<Simd256, Vector256<float>, O>,
            _ => &ElementJob.Work<Simd128, Vector128<float>, O>,
        };
        RunTasks(work, &job, a.Rows * job.TasksPerRow, (long)a.Rows * a.Columns);
    }

    private void RunRows<T>(T job, Matrix rows, delegate*<void*, int, void> work)
        where T : unmanaged => RunTasks(work, &job, rows.Rows, (long)rows.Rows * rows.Columns);

    /// <summary>On the calling thread where the work is smaller than the cost of sharing it.</summary>
    private void RunTasks(delegate*<void*, int, void> work, void* job, int tasks, long elements)
    {
        if (elements >= ElementJob.ParallelElements)
        {
            _pool.Run(work, job, tasks);
            return;
        }

        for (int task = 0; task < tasks; task++)
        {
            work(job, task);
        }
    }
}
