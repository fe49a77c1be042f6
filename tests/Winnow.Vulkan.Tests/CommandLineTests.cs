using System.Text.Json;
using Winnow.Tests.Cli;

namespace Winnow.Vulkan.Tests;

/// <summary>The command line with the bundled model and a device of little memory.</summary>
public sealed class CommandLineTests
{
    private static readonly string[] Words = ["run", "-p", "The capital of France is", "-n", "4", "--temp", "0", "-c", "512", "--device", "vulkan:0"];

    public CommandLineTests() => TestDevice.Open().Dispose();

    [Fact]
    public void As_many_layers_as_fit_are_placed_and_named_in_one_line()
    {
        WinnowProcess process = Run(64, "-ngl", "auto");
        Assert.Equal((0, Answer("--device", "cpu")), (process.ExitCode, process.Output));
        Assert.Matches(@"^[1-9][0-9]? of 12 layers on .*: 0\.0[0-9] of 0\.06 GiB free, [1-9][0-9]? on the processor$", process.ErrorLine);
    }

    [Fact]
    public void A_device_without_room_leaves_all_layers_to_the_processor_and_says_so()
    {
        WinnowProcess process = Run(20, "-ngl", "auto");
        Assert.Equal((0, "the processor computes all 12 layers: no layer fits on the device"), (process.ExitCode, process.ErrorLine));
    }

    [Fact]
    public void What_does_not_fit_is_refused_in_one_line()
    {
        WinnowProcess process = Run(40);
        Assert.Equal((1, ""), (process.ExitCode, process.Output));
        Assert.Matches(@"^winnow: vulkan:0 lacks [0-9]+ MiB: 12 of 12 layers need [0-9]+ MiB with keys and values of 512 tokens, 40 MiB are free; .*--gpu-layers auto", process.ErrorLine);
    }

    [Fact]
    public void Some_layers_are_enough() => Assert.Equal(Answer("--device", "cpu"), Answer("--gpu-layers", "2"));

    [Fact]
    public void Each_device_is_named_with_what_lies_on_it()
    {
        JsonElement json = WinnowProcess.RunJson([.. Words, "--gpu-layers", "9"]);
        Assert.Equal("cpu+vulkan:0", json.GetProperty("device").GetString());
        JsonElement[] devices = [.. json.GetProperty("devices").EnumerateArray()];
        Assert.Equal([3, 9], devices.Select(device => device.GetProperty("layers").GetInt32()));
        Assert.Equal(json.GetProperty("kv_bytes").GetInt64(), Sum("kv_bytes"));
        Assert.Equal(3 * devices[0].GetProperty("kv_bytes").GetInt64(), devices[1].GetProperty("kv_bytes").GetInt64());
        Assert.InRange(Sum("weights_bytes"), json.GetProperty("weights_bytes").GetInt64(), long.MaxValue);
        Assert.Equal(json.GetProperty("device_bytes").GetInt64(), Sum("device_bytes"));
        long known = new[] { "weights_bytes", "kv_bytes", "scratch_bytes" }.Sum(name => devices[1].GetProperty(name).GetInt64());
        Assert.InRange(devices[1].GetProperty("device_bytes").GetInt64(), known, known + (32 << 20));

        long Sum(string name) => devices.Sum(device => device.GetProperty(name).GetInt64());
    }

    [Fact]
    public void A_device_is_named_once()
    {
        WinnowProcess process = Run(null, "--device", "vulkan:0,0");
        Assert.Equal((1, "winnow: 'vulkan:0,0' names the device vulkan:0 twice"), (process.ExitCode, process.ErrorLine));
    }

    private static string Answer(params string[] more)
    {
        WinnowProcess process = Run(null, more);
        Assert.Equal((0, ""), (process.ExitCode, process.Errors));
        return process.Output;
    }

    /// <summary>Runs with so many mebibytes of each heap.</summary>
    private static WinnowProcess Run(int? mebibytes, params string[] more)
    {
        string[] words = more is ["--device", ..] ? Words[..^2] : Words;
        (string, string)[] variables = [("WINNOW_VULKAN_VALIDATION", "0"), .. mebibytes is { } limit ? [("WINNOW_VULKAN_HEAP_MIB", $"{limit}")] : Array.Empty<(string, string)>()];
        return WinnowProcess.Run([.. words, .. more], variables: variables);
    }
}
