using System.Text.Json;
using Winnow.Compute;
using Winnow.Compute.Cpu;
using Winnow.Lab.Conversion;
using Winnow.Models;
using Winnow.Tests.Compute;
using Winnow.Tests.Formats;

namespace Winnow.Tests.Models;

/// <summary>Models that are made on the fly compute what PyTorch computed with the same weights, which lie nowhere.</summary>
public sealed class GeneratedModelTests(ITestOutputHelper output)
{
    /// <summary>Of the logits' standard deviation.</summary>
    private const double Tolerance = 1e-3;

    public static TheoryData<string> Names => [.. TinyModels.All, .. TinyModels.Others, .. TinyModels.WithoutAttention];

    /// <summary>The values that <c>tests/References/generator.py</c> checks as well.</summary>
    [Fact]
    public void Weights_have_the_bits_that_the_scripts_give_them()
    {
        float[] values = new float[4];
        GeneratedWeights.Fill(values, "llama", "model.norm.weight", mean: 1, spread: 0.25);
        Assert.Equal(0x1BF5731DA22D933EUL, GeneratedWeights.Seed("llama/model.norm.weight"));
        Assert.Equal([0.8526061773300171f, 0.8181170225143433f, 1.171323537826538f, 1.0217721462249756f], values);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Logits_and_greedy_ids_are_golden_in_both_formats(string name)
    {
        string folder = GeneratedModel.Folder(name);
        Golden golden = Golden.Open(folder);
        using TemporaryFolder temporary = new();
        string converted = temporary.PathOf("model.gguf");
        HuggingFaceConverter.Convert(folder, converted);
        foreach ((string path, int chunk) in new[] { (folder, 512), (converted, 19) })
        {
            using Device device = TestDevices.Create(CpuIsaSupport.Best.ToString());
            using Model model = Model.Load(path, device);
            double error = golden.LargestError(model, chunk);
            output.WriteLine($"{Path.GetFileName(path)}: largest error {error:E2} deviations");
            Assert.InRange(error, 0, Tolerance);
            golden.CheckGreedyIds(model);
        }
    }

    [Fact]
    public void Every_description_is_tested_and_says_what_it_was_made_with()
    {
        Assert.Equal(Names.Select(row => row.Data).Order(StringComparer.Ordinal), GeneratedModel.Names);
        foreach (string name in GeneratedModel.Names)
        {
            using JsonDocument description = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(GeneratedModel.Folder(name), "golden.json")));
            Assert.Matches("^transformers [0-9.]+, torch [0-9.]+", description.RootElement.GetProperty("made_with").GetString());
            Assert.NotEmpty(description.RootElement.GetProperty("exercises").GetString()!);
        }
    }
}
