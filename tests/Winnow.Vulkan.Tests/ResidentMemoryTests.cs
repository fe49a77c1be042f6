using System.Text.Json;
using Winnow.Lab.Quantization;
using Winnow.Lab.Synthesis;
using Winnow.Tests.Cli;

namespace Winnow.Vulkan.Tests;

/// <summary>Where the device computes in the memory of the system, weights are there once: read in the mapped file, or copied and the file's pages let go.</summary>
public sealed class ResidentMemoryTests : IDisposable
{
    private const int SmallWidth = 512;
    private const int LargeWidth = 40960;

    private readonly string _folder = Directory.CreateTempSubdirectory("winnow-resident-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Weights_are_resident_once(bool staged)
    {
        using (VulkanDevice device = TestDevice.Open())
        {
            Assert.SkipUnless(device.Context.Adapter.IsProcessor, "the device has memory of its own");
        }

        JsonElement small = Run(SmallWidth, staged);
        JsonElement large = Run(LargeWidth, staged);
        long weights = Difference("weights_bytes");
        Assert.InRange(weights, 100 << 20, long.MaxValue);

        // No more than once; and so much that the count sees them at all.
        Assert.InRange(Difference("host_bytes"), weights / 2, weights * 11 / 10);

        long Difference(string name) => large.GetProperty(name).GetInt64() - small.GetProperty(name).GetInt64();
    }

    /// <summary>What a token takes with a model of so wide feed-forward layers.</summary>
    private JsonElement Run(int width, bool staged)
    {
        string model = Path.Combine(_folder, $"{width}.gguf");
        SyntheticModel.Write(model, SyntheticShape.Named.Single(shape => shape.Name == "llama-tiny") with { FeedForwardSize = width }, QuantizationMix.F16);
        string ids = Path.Combine(_folder, "ids");
        File.WriteAllText(ids, "5");
        WinnowProcess process = WinnowProcess.Run(
            ["run", "-m", model, "--tokens-file", ids, "-n", "1", "-c", "4", "--device", "vulkan:0", "--json"],
            variables: [("WINNOW_VULKAN_VALIDATION", "0"), ("WINNOW_VULKAN_STAGING", staged ? "1" : "0")]);
        Assert.True(process.ExitCode == 0, process.Errors);
        return process.Json;
    }
}
