using System.Diagnostics;
using System.Runtime.InteropServices;
using Winnow.Compute.Cpu.MatMul.Kernels;
using Winnow.Compute.Cpu.Roofline;
using Winnow.Tensors;

namespace Winnow.Compute.Cpu;

/// <summary>What the machine can do at best: how fast memory is read and how fast the micro-kernels multiply.</summary>
/// <remarks>
/// The two bounds of a roofline model (https://doi.org/10.1145/1498765.1498785). Multiplication is measured with the kernels' operands in
/// the first-level cache, so what a product falls short of it is what fetching, unpacking and sharing out cost.
/// </remarks>
internal sealed unsafe class CpuRoofline
{
    /// <summary>More than a last-level cache holds of it.</summary>
    private const long ReadBytes = 256L << 20;

    /// <summary>Measurements of each; the best counts, because whatever disturbs one can only slow it down.</summary>
    private const int Repetitions = 3;

    private readonly WorkerPool _pool;
    private readonly CpuIsa _isa;
    private readonly Dictionary<TensorType, double> _multiplyAdds = [];

    private CpuRoofline(WorkerPool pool, CpuIsa isa)
    {
        _pool = pool;
        _isa = isa;
    }

    /// <summary>Bytes per second that 1, 2, … threads read from memory together.</summary>
    public IReadOnlyList<double> ReadBytesPerSecond { get; private set; } = [];

    /// <summary>Measures the device: a second or so for each thread. Nothing else should run meanwhile.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled between two measurements.</exception>
    public static CpuRoofline Measure(CpuDevice device, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(device);
        CpuRoofline roofline = new(device.Pool, device.Isa);
        byte* data = (byte*)NativeMemory.AlignedAlloc((nuint)ReadBytes, CpuBuffer.Alignment);
        try
        {
            new Span<byte>(data, (int)ReadBytes).Fill(1);
            double[] speeds = new double[device.Pool.Threads];
            for (int threads = 1; threads <= speeds.Length; threads++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                ReadJob job = new() { Data = data, PartBytes = ReadBytes / threads & -CpuBuffer.Alignment };
                speeds[threads - 1] = threads * job.PartBytes / roofline.BestSeconds(&ReadJob.Work, &job, threads);
            }

            roofline.ReadBytesPerSecond = speeds;
            return roofline;
        }
        finally
        {
            NativeMemory.AlignedFree(data);
        }
    }

    /// <summary>Multiply-adds per second of all threads with weights of a type; measured when it is first asked for.</summary>
    public double MultiplyAddsPerSecond(TensorType type)
    {
        if (!_multiplyAdds.TryGetValue(type, out double speed))
        {
            speed = MeasureTile(WeightKernels.For(type, _isa));
            _multiplyAdds.Add(type, speed);
        }

        return speed;
    }

    private double MeasureTile(WeightKernels kernels)
    {
        TileJob job = new() { Kernels = kernels, SlotBytes = TileJob.ScratchBytes(kernels) };
        job.Scratch = (byte*)NativeMemory.AlignedAlloc((nuint)(job.SlotBytes * _pool.Threads), CpuBuffer.Alignment);
        try
        {
            new Span<byte>(job.Scratch, checked((int)(job.SlotBytes * _pool.Threads))).Clear();
            return _pool.Threads * TileJob.MultiplyAdds(kernels) / BestSeconds(&TileJob.Work, &job, _pool.Threads);
        }
        finally
        {
            NativeMemory.AlignedFree(job.Scratch);
        }
    }

    private double BestSeconds(delegate*<void*, int, void> work, void* job, int tasks)
    {
        double best = double.PositiveInfinity;
        for (int repetition = 0; repetition <= Repetitions; repetition++)
        {
            long start = Stopwatch.GetTimestamp();
            _pool.Run(work, job, tasks);
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return best;
    }
}
