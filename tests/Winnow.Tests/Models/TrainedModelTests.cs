using System.Text.Json;
using Winnow.Compute;
using Winnow.Compute.Cpu;
using Winnow.Formats;
using Winnow.Generation;
using Winnow.Lab.Conversion;
using Winnow.Lab.Quantization;
using Winnow.Models;
using Winnow.Tensors;
using Winnow.Tests.Compute;
using Winnow.Tests.Formats;

namespace Winnow.Tests.Models;

/// <summary>The trained models of the reference data: logits after real prompts, and what they go on to say.</summary>
public sealed class TrainedModelTests(ITestOutputHelper output)
{
    /// <summary>Absolute, of logits with float weights and f32 keys and values.</summary>
    private const double Tolerance = 2e-3;

    /// <summary>Where the two best logits are closer, float noise may decide.</summary>
    private const double SmallestMargin = 2e-4;

    public static TheoryData<string> CpuDevices => [.. TestDevices.Cpu];

    public static TheoryData<string, string> StoriesOnDevices()
    {
        TheoryData<string, string> data = [];
        foreach (string device in TestDevices.All)
        {
            data.Add("", device);
            data.Add("stories260k-f32.gguf", device);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(StoriesOnDevices))]
    public void Stories260k_is_golden_from_both_layouts(string file, string deviceName)
    {
        string folder = SharedData.Path("models/stories260k");
        Check(Path.Combine(folder, file), folder, deviceName, longestPrompt: 512, greedyIds: 48);
    }

    [Theory]
    [MemberData(nameof(CpuDevices))]
    public void The_lab_model_is_golden_on_short_prompts(string deviceName)
    {
        string folder = SharedData.Path("models/lab");
        Check(folder, folder, deviceName, longestPrompt: 30, greedyIds: 3);
    }

    [Fact]
    public void The_lab_model_is_golden_on_longer_prompts()
    {
        string folder = SharedData.Path("models/lab");
        Check(folder, folder, CpuIsaSupport.Best.ToString(), longestPrompt: 1000, greedyIds: 48);
    }

    /// <summary>Errors of 8-bit weights and activations stay a small part of what logits differ by.</summary>
    [Fact]
    public void The_lab_model_in_8_bits_computes_nearly_the_same()
    {
        string folder = SharedData.Path("models/lab");
        using TemporaryFolder temporary = new();
        HuggingFaceConverter.Convert(folder, temporary.PathOf("lab-q8_0.gguf"), QuantizationMix.Q8_0);
        using JsonDocument golden = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "golden.json")));
        using SafetensorsFile goldenTensors = SafetensorsFile.Open(Path.Combine(folder, "golden.safetensors"));
        float[] goldenLogits = Golden.Single(goldenTensors.Tensors["last_logits"]);
        using CpuDevice device = new();
        using Model model = Model.Load(temporary.PathOf("lab-q8_0.gguf"), device);
        int prompt = 0;
        int seen = 0;
        foreach (JsonElement entry in golden.RootElement.GetProperty("prompts").EnumerateArray())
        {
            float[] expected = goldenLogits.AsSpan(prompt++ * model.Config.VocabularySize, model.Config.VocabularySize).ToArray();
            int[] ids = Integers(entry.GetProperty("ids"));
            if (ids.Length <= 100)
            {
                seen++;
                using TokenReader reader = new(model, ids.Length, kvType: TensorType.F32);
                float[] logits = new float[expected.Length];
                reader.ReadPrompt(ids);
                reader.Logits.CopyTo(logits);
                double mean = expected.Average(x => (double)x);
                double deviation = Math.Sqrt(expected.Average(x => (x - mean) * (x - mean)));
                double error = Math.Sqrt(logits.Zip(expected, (a, b) => (double)(a - b) * (a - b)).Average()) / deviation;
                output.WriteLine($"{entry.GetProperty("name").GetString()}: {error:P2} of a deviation");
                Assert.InRange(error, 0, 0.05);
            }
        }

        Assert.InRange(seen, 3, prompt);
    }

    [Theory]
    [InlineData(TensorType.F16)]
    [InlineData(TensorType.Q8_0)]
    public void Keys_and_values_in_fewer_bits_say_the_same(TensorType type)
    {
        string folder = SharedData.Path("models/lab");
        using JsonDocument golden = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "golden.json")));
        using CpuDevice device = new();
        using Model model = Model.Load(folder, device);
        foreach (string name in new[] { "code", "whitespace" })
        {
            JsonElement entry = golden.RootElement.GetProperty("prompts").EnumerateArray().Single(entry => entry.GetProperty("name").GetString() == name);
            int[] expected = Integers(entry.GetProperty("greedy_ids"))[..24];
            Assert.Equal(expected, Greedy(model, Integers(entry.GetProperty("ids")), expected.Length, type));
        }
    }

    private static int[] Greedy(Model model, int[] ids, int count, TensorType cacheType)
    {
        using TokenReader reader = new(model, ids.Length + count, kvType: cacheType);
        float[] logits = new float[model.Config.VocabularySize];
        int[] generated = new int[count];
        reader.ReadPrompt(ids);
        reader.Logits.CopyTo(logits);
        for (int i = 0; i < count; i++)
        {
            generated[i] = Array.IndexOf(logits, logits.Max());
            reader.Step(generated[i]).CopyTo(logits);
        }

        return generated;
    }

    private void Check(string path, string goldenFolder, string deviceName, int longestPrompt, int greedyIds)
    {
        using JsonDocument golden = JsonDocument.Parse(File.ReadAllText(Path.Combine(goldenFolder, "golden.json")));
        using SafetensorsFile goldenTensors = SafetensorsFile.Open(Path.Combine(goldenFolder, "golden.safetensors"));
        float[] goldenLogits = Golden.Single(goldenTensors.Tensors["last_logits"]);
        using Device device = TestDevices.Create(deviceName);
        using Model model = Model.Load(path, device);
        int vocabulary = model.Config.VocabularySize;
        int prompt = 0;
        int seen = 0;
        foreach (JsonElement entry in golden.RootElement.GetProperty("prompts").EnumerateArray())
        {
            int[] ids = Integers(entry.GetProperty("ids"));
            ReadOnlySpan<float> expected = goldenLogits.AsSpan(prompt++ * vocabulary, vocabulary);
            if (ids.Length > longestPrompt)
            {
                continue;
            }

            seen++;

            using TokenReader reader = new(model, ids.Length + greedyIds, kvType: TensorType.F32);
            float[] logits = new float[vocabulary];
            reader.ReadPrompt(ids);
            reader.Logits.CopyTo(logits);
            double error = 0;
            for (int i = 0; i < vocabulary; i++)
            {
                error = Math.Max(error, Math.Abs(logits[i] - expected[i]));
            }

            output.WriteLine($"{entry.GetProperty("name").GetString()}, {ids.Length} tokens on {deviceName}: largest error {error:E2}");
            Assert.InRange(error, 0, Tolerance);
            CheckGreedyIds(reader, logits, entry, greedyIds);
        }

        Assert.InRange(seen, 1, prompt);
    }

    private static void CheckGreedyIds(TokenReader reader, float[] logits, JsonElement entry, int count)
    {
        double[] margins = [.. entry.GetProperty("margins").EnumerateArray().Select(margin => margin.GetDouble())];
        int[] expected = Integers(entry.GetProperty("greedy_ids"));
        for (int i = 0; i < Math.Min(count, expected.Length) && margins[i] >= SmallestMargin; i++)
        {
            Assert.Equal(expected[i], Array.IndexOf(logits, logits.Max()));
            reader.Step(expected[i]).CopyTo(logits);
        }
    }

    private static int[] Integers(JsonElement list) => [.. list.EnumerateArray().Select(value => value.GetInt32())];
}
