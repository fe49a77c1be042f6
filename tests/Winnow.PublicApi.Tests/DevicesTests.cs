using Winnow.Compute;
using Winnow.Compute.Cpu;
using Winnow.Generation;

namespace Winnow.PublicApi.Tests;

/// <summary>Devices are chosen by name, and another package can add kinds of its own.</summary>
public sealed class DevicesTests
{
    [Fact]
    public void An_engine_computes_on_the_device_that_was_named()
    {
        Devices.Add(new Toy());
        Assert.Contains(Devices.List(), device => device is { Name: "cpu", Refusal: null });
        Assert.Contains(Devices.List(), device => device is { Name: "toy:0", Refusal: null });
        using Engine engine = Engine.Load(Checkout.ModelPath, new EngineOptions { Device = "toy:0", Threads = 1 });
        Assert.Equal("CPU", engine.Device.Description[..3]);
        Assert.Equal(1, engine.Threads);
    }

    [Fact]
    public void Layers_that_a_device_does_not_take_are_the_processors()
    {
        Devices.Add(new Toy());
        using Engine engine = Engine.Load(Checkout.ModelPath, new EngineOptions { Device = "toy:0", GpuLayers = 0, Threads = 1 });
        DeviceLayers part = Assert.Single(engine.Placement);
        Assert.Equal(("cpu", 0, engine.Model.Layers, engine.Model.SizeBytes), (part.Device.Name, part.First, part.Count, part.WeightBytes));
        using Session session = engine.CreateSession(new SessionOptions { ContextLength = 64 });
        session.Diagnostics.Step(1);
        DeviceMemory memory = Assert.Single(session.Diagnostics.Memory);
        Assert.Equal((part, session.Diagnostics.KvBytes, 0), (memory.Layers, memory.KvBytes, memory.DeviceBytes));
    }

    [Theory]
    [InlineData("vulcan", "there is no device 'vulcan'; there are cpu")]
    [InlineData("cpu:7", "there is no device 'cpu:7'; there is one processor")]
    public void A_device_that_there_is_not_is_refused_with_those_that_there_are(string name, string message)
    {
        WinnowException error = Assert.Throws<WinnowException>(() => Engine.Load(Checkout.ModelPath, new EngineOptions { Device = name }));
        Assert.StartsWith(message, error.Message, StringComparison.Ordinal);
    }

    private sealed class Toy : DeviceKind
    {
        public override string Name => "toy";

        public override IReadOnlyList<DeviceInfo> List() =>
            [new DeviceInfo("toy:0", "the first"), new DeviceInfo("toy:1", "the second", "its driver is too old")];

        public override Device Create(string? which, CpuDeviceOptions host) =>
            which == "0" ? new CpuDevice(host) : throw new WinnowException("its driver is too old");
    }
}
