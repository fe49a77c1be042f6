using Winnow.Compute;
using Winnow.Compute.Cpu;
using Winnow.Lab.Conversion;
using Winnow.Models;
using Winnow.Tests.Compute;
using Winnow.Tests.Formats;

namespace Winnow.Tests.Models;

/// <summary>Every architecture computes, on every device, the logits that PyTorch computed.</summary>
public sealed class GoldenTests(ITestOutputHelper output)
{
    /// <summary>Of the logits' standard deviation.</summary>
    private const double Tolerance = 1e-3;

    public static TheoryData<string, string> ModelsAndDevices()
    {
        TheoryData<string, string> data = [];
        foreach (string model in (string[])[.. TinyModels.All, .. TinyModels.WithoutAttention])
        {
            foreach (string device in TestDevices.All)
            {
                data.Add(model, device);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(ModelsAndDevices))]
    public void Logits_and_greedy_ids_are_golden(string name, string deviceName)
    {
        string folder = TinyModels.Path(name);
        Golden golden = Golden.Open(folder);
        using Device device = TestDevices.Create(deviceName);
        using Model model = Model.Load(folder, device);
        CheckLogits(model, deviceName, golden, chunk: 512);
        golden.CheckGreedyIds(model);
    }

    /// <summary>The second batch, in both formats and in chunks: on the reference device and on this processor.</summary>
    [Theory]
    [MemberData(nameof(OthersAndDevices))]
    public void Other_architectures_are_golden(string name, string deviceName)
    {
        string folder = TinyModels.Path(name);
        Golden golden = Golden.Open(folder);
        using TemporaryFolder temporary = new();
        HuggingFaceConverter.Convert(folder, temporary.PathOf("model.gguf"));
        foreach ((string path, int[] chunks) in ((string, int[])[])[(folder, [512, 7]), (temporary.PathOf("model.gguf"), [33])])
        {
            using Device device = TestDevices.Create(deviceName);
            using Model model = Model.Load(path, device);
            foreach (int chunk in chunks)
            {
                CheckLogits(model, deviceName, golden, chunk);
            }

            if (deviceName != TestDevices.Reference)
            {
                golden.CheckGreedyIds(model);
            }
        }
    }

    public static TheoryData<string, string> OthersAndDevices()
    {
        TheoryData<string, string> data = [];
        foreach (string model in TinyModels.Others)
        {
            data.Add(model, TestDevices.Reference);
            data.Add(model, CpuIsaSupport.Best.ToString());
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(ModelsAndDevices))]
    public void Logits_of_a_converted_file_are_golden(string name, string deviceName)
    {
        string folder = TinyModels.Path(name);
        using TemporaryFolder temporary = new();
        HuggingFaceConverter.Convert(folder, temporary.PathOf("model.gguf"));
        using Device device = TestDevices.Create(deviceName);
        using Model model = Model.Load(temporary.PathOf("model.gguf"), device);
        CheckLogits(model, deviceName, Golden.Open(folder), chunk: 33);
    }

    [Theory]
    [MemberData(nameof(ModelsAndDevices))]
    public void Logits_are_golden_in_chunks_of_any_length(string name, string deviceName)
    {
        string folder = TinyModels.Path(name);
        using Device device = TestDevices.Create(deviceName);
        using Model model = Model.Load(folder, device);
        foreach (int chunk in new[] { 1, 7, 64 })
        {
            CheckLogits(model, deviceName, Golden.Open(folder), chunk);
        }
    }

    private void CheckLogits(Model model, string deviceName, Golden golden, int chunk)
    {
        double error = golden.LargestError(model, chunk);
        output.WriteLine($"{model.Info.Name} on {deviceName} in chunks of {chunk}: largest error {error:E2} deviations");
        Assert.InRange(error, 0, Tolerance);
    }
}
