using Winnow.Compute;
using Winnow.Compute.Cpu;
using Winnow.Generation;

namespace Winnow.PublicApi.Tests;

/// <summary>Devices are chosen by name.</summary>
public sealed class DevicesTests
{
    [Fact]
    public void The_processor_is_listed_and_computes_all_layers_unless_told_otherwise()
    {
        Assert.Contains("cpu", Devices.Kinds);
        DeviceInfo info = Assert.Single(Devices.List(), device => device is { Name: "cpu", Refusal: null });
        Assert.StartsWith("CPU, ", info.Description, StringComparison.Ordinal);
        using Engine engine = Engine.Load(Checkout.ModelPath, new EngineOptions { GpuLayers = 0, Threads = 1, Isa = CpuIsa.Portable });
        Assert.Equal(1, engine.Threads);
        DeviceLayers part = Assert.Single(engine.Placement);
        Assert.Equal(("cpu", "CPU, Portable, 1 threads"), (part.Name, part.Description));
        Assert.Equal((0, engine.Model.Layers, engine.Model.SizeBytes, 0), (part.First, part.Count, part.WeightBytes, part.KvBytes));
    }

    [Fact]
    public void A_session_tells_what_it_takes_on_each_device()
    {
        using Engine engine = Engine.Load(Checkout.ModelPath, new EngineOptions { Threads = 1 });
        using Session session = engine.CreateSession(new SessionOptions { ContextLength = 64 });
        session.Diagnostics.Step(1);
        DeviceLayers memory = Assert.Single(session.Diagnostics.Memory);
        Assert.Equal((engine.Placement[0].Name, engine.Placement[0].WeightBytes), (memory.Name, memory.WeightBytes));
        Assert.Equal((session.Diagnostics.KvBytes, 0), (memory.KvBytes, memory.DeviceBytes));
        Assert.True(memory.ScratchBytes > 0);
    }

    [Theory]
    [InlineData("vulcan", "there is no device 'vulcan'; there are cpu")]
    [InlineData("cpu:7", "there is no device 'cpu:7'; there is one processor")]
    public void A_device_that_there_is_not_is_refused_with_those_that_there_are(string name, string message)
    {
        WinnowException error = Assert.Throws<WinnowException>(() => Engine.Load(Checkout.ModelPath, new EngineOptions { Device = name }));
        Assert.StartsWith(message, error.Message, StringComparison.Ordinal);
    }
}
