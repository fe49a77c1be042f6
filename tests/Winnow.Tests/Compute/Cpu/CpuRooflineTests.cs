using System.Diagnostics;
using Winnow.Compute.Cpu;
using Winnow.Tensors;

namespace Winnow.Tests.Compute.Cpu;

public class CpuRooflineTests
{
    /// <summary>Of everything, the best counts.</summary>
    private const int Measurements = 4;

    /// <summary>What is read in a measurement, but for what does not divide by the threads.</summary>
    private const double ReadBytes = (256L << 20) - 4096;

    /// <summary>4,000 tiles of 16 tokens, 16 rows and 32 elements at least.</summary>
    private const double LeastMultiplyAdds = 4_000.0 * 16 * 16 * 32;

    /// <summary>More than any memory or cache of this decade.</summary>
    private const double MostReadBytesPerSecond = 4e12;

    /// <summary>Two dot products of 64 bytes a cycle, at 8 GHz.</summary>
    private const double MostMultiplyAddsPerSecond = 2 * 64 * 8e9;

    [Fact]
    public void Reading_is_measured_with_each_number_of_threads_and_multiplying_with_each_type()
    {
        using CpuDevice device = new(new CpuDeviceOptions { Threads = 2 });
        long start = Stopwatch.GetTimestamp();
        CpuRoofline roofline = CpuRoofline.Measure(device, TestContext.Current.CancellationToken);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        Assert.Equal(2, roofline.ReadBytesPerSecond.Count);
        Assert.All(roofline.ReadBytesPerSecond, speed => Assert.InRange(speed, Measurements * ReadBytes / seconds, MostReadBytesPerSecond));
        foreach (TensorType type in MatMulOracle.Types)
        {
            CheckMultiplying(roofline, type, threads: 2);
        }
    }

    [Theory]
    [MemberData(nameof(MatMulTests.InstructionSets), MemberType = typeof(MatMulTests))]
    public void Multiplying_is_measured_with_the_kernels_of_the_device(CpuIsa isa)
    {
        Assert.SkipUnless(CpuIsaSupport.IsSupported(isa), $"this processor has no {isa}");
        using CpuDevice device = new(new CpuDeviceOptions { Isa = isa, Threads = 1 });
        CpuRoofline roofline = CpuRoofline.Measure(device, TestContext.Current.CancellationToken);
        CheckMultiplying(roofline, TensorType.Q4_K, threads: 1);
        CheckMultiplying(roofline, TensorType.Q6_K, threads: 1);
    }

    [Fact]
    public void A_cancelled_measurement_throws()
    {
        using CpuDevice device = new(new CpuDeviceOptions { Threads = 1 });
        Assert.Throws<OperationCanceledException>(() => CpuRoofline.Measure(device, new CancellationToken(canceled: true)));
    }

    [Fact]
    public void A_type_without_kernels_has_no_speed()
    {
        using CpuDevice device = new(new CpuDeviceOptions { Threads = 1 });
        CpuRoofline roofline = CpuRoofline.Measure(device, TestContext.Current.CancellationToken);
        Assert.Throws<NotSupportedException>(() => roofline.MultiplyAddsPerSecond(TensorType.U8));
    }

    /// <summary>The best of some measurements is no slower than all of them took together.</summary>
    private static void CheckMultiplying(CpuRoofline roofline, TensorType type, int threads)
    {
        long start = Stopwatch.GetTimestamp();
        double speed = roofline.MultiplyAddsPerSecond(type);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        Assert.InRange(speed, Measurements * LeastMultiplyAdds * threads / seconds, MostMultiplyAddsPerSecond * threads);
    }
}
