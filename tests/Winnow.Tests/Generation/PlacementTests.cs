using Winnow.Compute;
using Winnow.Compute.Cpu;
using Winnow.Generation;
using Winnow.Lab.Quantization;
using Winnow.Lab.Synthesis;
using Winnow.Models;
using Winnow.Tests.Compute.Deferred;
using Winnow.Tests.Models;

namespace Winnow.Tests.Generation;

/// <summary>Which layers go to which device, for devices that claim to have so much memory.</summary>
public sealed class PlacementTests : IDisposable
{
    private const int Layers = 12;

    private readonly string _folder = Directory.CreateTempSubdirectory("winnow-placement-").FullName;
    private readonly string _model;

    public PlacementTests()
    {
        Devices.Add(new Cards());
        _model = Path.Combine(_folder, "model.gguf");
        SyntheticShape shape = SyntheticShape.Named.Single(shape => shape.Name == "llama-tiny") with { Layers = Layers, FeedForwardSize = 4096 };
        SyntheticModel.Write(_model, shape, QuantizationMix.F32);
    }

    public static TheoryData<string> Names => [.. TinyModels.All];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [MemberData(nameof(Names))]
    public void What_layers_need_is_what_the_file_holds(string name)
    {
        using CpuDevice device = new(new CpuDeviceOptions { Threads = 1 });
        ModelMemory? memory = null;
        using Model model = Model.Load(TinyModels.Path(name), needs =>
        {
            memory = needs;
            return device;
        });
        int layers = model.Info.Layers;
        Assert.Equal(model.Info.SizeBytes, memory!.Weights(0, layers));
        long apart = Enumerable.Range(0, layers).Sum(layer => memory.Weights(layer, layer + 1));
        long copy = model.Config.IsTied == true ? (long)model.Config.VocabularySize * model.Config.HiddenSize * sizeof(float) : 0;
        Assert.Equal(model.Info.SizeBytes + copy, apart);
    }

    [Fact]
    public void All_layers_lie_on_the_device_unless_said_otherwise() => Assert.Equal([("card:1000", 0, 12)], Place("card:1000"));

    [Theory]
    [InlineData(0, 12, 0)]
    [InlineData(5, 7, 5)]
    [InlineData(99, 0, 12)]
    public void The_last_layers_are_the_devices(int wanted, int processor, int card)
    {
        (string, int, int)[] expected = [("cpu", 0, processor), ("card:1000", processor, card)];
        Assert.Equal(expected.Where(part => part.Item3 > 0), Place("card:1000", wanted));
    }

    /// <summary>A layer has 12.75 MiB of weights, and 16 MiB are left free.</summary>
    [Theory]
    [InlineData(30, 0)]
    [InlineData(100, 6)]
    [InlineData(150, 10)]
    [InlineData(1000, 12)]
    public void As_many_as_fit_are_the_devices(int mebibytes, int count) =>
        Assert.Equal(count, Place($"card:{mebibytes}", GpuLayers.Auto, context: 64).Where(part => part.Item1 != "cpu").Sum(part => part.Item3));

    [Fact]
    public void A_longer_context_leaves_room_for_fewer()
    {
        int few = Count(100_000);
        Assert.InRange(few, 1, Count(64) - 2);

        int Count(int context) => Place("card:150", GpuLayers.Auto, context)[^1].Item3;
    }

    [Fact]
    public void Two_devices_share_in_proportion_to_what_is_free()
    {
        (string, int, int)[] parts = Place("card:200,600");
        Assert.Equal(["card:200", "card:600"], parts.Select(part => part.Item1));
        Assert.InRange(parts[0].Item3, 2, 4);
        Assert.Equal((0, parts[0].Item3, 12), (parts[0].Item2, parts[1].Item2, parts.Sum(part => part.Item3)));
    }

    [Fact]
    public void The_processor_takes_what_two_devices_do_not_hold()
    {
        (string, int, int)[] parts = Place("card:60,100", GpuLayers.Auto, context: 64);
        Assert.Equal(["cpu", "card:60", "card:100"], parts.Select(part => part.Item1));
    }

    [Fact]
    public void What_does_not_fit_is_refused_with_how_much_is_missing_and_what_to_do()
    {
        string message = Assert.Throws<WinnowException>(() => Place("card:100")).Message;
        Assert.Matches("^card:100 lacks [0-9]+ MiB: 12 of 12 layers need [0-9]+ MiB, 100 MiB are free; .*--gpu-layers auto.*--ctx.*--kv-type q8_0", message);
        Assert.DoesNotContain('\n', message);
        Assert.Contains("MiB with keys and values of 100000 tokens", Assert.Throws<WinnowException>(() => Place("card:250", context: 100_000)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_device_is_named_once() =>
        Assert.Equal("'card:100,100' names the device card:100 twice", Assert.Throws<WinnowException>(() => Place("card:100,100")).Message);

    [Fact]
    public void The_processor_has_no_layers_to_give_away() =>
        Assert.Contains("name a GPU", Assert.Throws<WinnowException>(() => Place("cpu", 3)).Message, StringComparison.Ordinal);

    private (string, int, int)[] Place(string device, GpuLayers layers = default, int? context = null)
    {
        using Engine engine = Engine.Load(_model, new EngineOptions
        {
            Device = device,
            GpuLayers = layers,
            Threads = 1,
            ExpectedSession = context is null ? null : new SessionOptions { ContextLength = context },
        });
        return [.. engine.Placement.Select(part => (part.Device.Name, part.First, part.Count))];
    }

    /// <summary>Devices with as many free mebibytes as their name says.</summary>
    private sealed class Cards : DeviceKind
    {
        public override string Name => "card";

        public override IReadOnlyList<DeviceInfo> List() => [];

        public override Device Create(string? which, CpuDeviceOptions host) =>
            new DeferredDevice(new CpuDevice(host)) { DeviceName = $"card:{which}", FreeBytes = long.Parse(which!, System.Globalization.CultureInfo.InvariantCulture) << 20 };
    }
}
