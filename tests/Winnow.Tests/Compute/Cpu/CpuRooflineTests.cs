using Winnow.Compute.Cpu;
using Winnow.Tensors;

namespace Winnow.Tests.Compute.Cpu;

public class CpuRooflineTests
{
    [Fact]
    public void Reading_is_measured_with_each_number_of_threads_and_multiplying_with_each_type()
    {
        using CpuDevice device = new(new CpuDeviceOptions { Threads = 2 });
        CpuRoofline roofline = CpuRoofline.Measure(device, TestContext.Current.CancellationToken);
        Assert.Equal(2, roofline.ReadBytesPerSecond.Count);
        Assert.All(roofline.ReadBytesPerSecond, IsASpeed);
        foreach (TensorType type in MatMulOracle.Types)
        {
            IsASpeed(roofline.MultiplyAddsPerSecond(type));
            Assert.Equal(roofline.MultiplyAddsPerSecond(type), roofline.MultiplyAddsPerSecond(type));
        }
    }

    [Theory]
    [MemberData(nameof(MatMulTests.InstructionSets), MemberType = typeof(MatMulTests))]
    public void Multiplying_is_measured_with_the_kernels_of_the_device(CpuIsa isa)
    {
        Assert.SkipUnless(CpuIsaSupport.IsSupported(isa), $"this processor has no {isa}");
        using CpuDevice device = new(new CpuDeviceOptions { Isa = isa, Threads = 1 });
        CpuRoofline roofline = CpuRoofline.Measure(device, TestContext.Current.CancellationToken);
        IsASpeed(roofline.MultiplyAddsPerSecond(TensorType.Q4_K));
        IsASpeed(roofline.MultiplyAddsPerSecond(TensorType.Q6_K));
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
        Assert.Throws<NotSupportedException>(() => roofline.MultiplyAddsPerSecond(TensorType.I32));
    }

    private static void IsASpeed(double speed) => Assert.True(double.IsFinite(speed) && speed > 0, $"{speed} per second");
}
