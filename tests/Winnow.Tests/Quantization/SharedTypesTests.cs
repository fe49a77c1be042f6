using System.Runtime.InteropServices;
using System.Text.Json;
using Winnow.Compute;
using Winnow.Compute.Cpu;
using Winnow.Formats;
using Winnow.Generation;
using Winnow.Lab.Quantization;
using Winnow.Models;
using Winnow.Quantization;
using Winnow.Tensors;
using Winnow.Tests.Formats;
using Winnow.Tests.Models;

namespace Winnow.Tests.Quantization;

/// <summary>Blocks and models of every type that ggml knows, as ggml reads them.</summary>
public sealed class SharedTypesTests(ITestOutputHelper output)
{
    public static TheoryData<TensorType> Types =>
        [.. Enum.GetValues<TensorType>().Where(type => type.IsInGguf())];

    public static TheoryData<string, CpuIsa> ModelsAndInstructionSets()
    {
        TheoryData<string, CpuIsa> data = [];
        foreach (string model in ModelNames)
        {
            foreach (CpuIsa isa in Enum.GetValues<CpuIsa>())
            {
                data.Add(model, isa);
            }
        }

        return data;
    }

    public static TheoryData<TensorType, bool> EncodedTypes()
    {
        TheoryData<TensorType, bool> data = [];
        foreach (BlockType row in BlockTypes.All.Where(row => row.CanEncode && row.Type != TensorType.F32))
        {
            data.Add(row.Type, false);
            data.Add(row.Type, true);
        }

        return data;
    }

    public static TheoryData<string> Models => [.. ModelNames];

    private static string[] ModelNames =>
    [
        "q1_0", "q2_0", "tq1_0", "tq2_0", "iq1_s", "iq1_m", "iq2_xxs", "iq2_xs", "iq2_s", "iq3_xxs", "iq3_s", "iq4_nl", "iq4_xs", "mxfp4",
        "nvfp4", "nvfp4-scaled",
    ];

    [Theory]
    [MemberData(nameof(Types))]
    public void Blocks_decode_to_the_very_floats_of_ggml(TensorType type)
    {
        using SafetensorsFile file = Open($"{type.ToString().ToLowerInvariant()}.safetensors");
        AssertDecodes(type, file, "bytes", "values");
        if (file.Tensors.ContainsKey("special_bytes"))
        {
            AssertDecodes(type, file, "special_bytes", "special_values");
        }
    }

    [Theory]
    [MemberData(nameof(EncodedTypes))]
    public void Encoders_err_as_little_as_those_of_ggml(TensorType type, bool withImportance)
    {
        using SafetensorsFile file = Open("source.safetensors");
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(SharedData.Path("types/results.json")));
        JsonElement theirs = document.RootElement.GetProperty("types").GetProperty(type.ToString());
        string name = withImportance ? "importance" : "plain";
        Assert.SkipUnless(theirs.TryGetProperty($"mse_{name}", out JsonElement error), "ggml needs importances for it");
        float[] values = MemoryMarshal.Cast<byte, float>(Bytes(file.Tensors["matrix"])).ToArray();
        float[] columns = MemoryMarshal.Cast<byte, float>(Bytes(file.Tensors["importance"])).ToArray();
        float[] importance = [.. values.Select((_, i) => columns[i % columns.Length])];
        byte[] encoded = new byte[type.SizeBytes(values.Length)];
        float[] decoded = new float[values.Length];
        BlockCodec.Encode(type, values, withImportance ? importance : [], encoded);
        BlockCodec.Decode(type, encoded, decoded);
        double plain = 0;
        double weighted = 0;
        for (int i = 0; i < values.Length; i++)
        {
            double square = ((double)values[i] - decoded[i]) * ((double)values[i] - decoded[i]);
            plain += square / values.Length;
            weighted += square * importance[i];
        }

        double plainRatio = plain / error.GetDouble();
        double weightedRatio = weighted / importance.Sum(value => (double)value) / theirs.GetProperty($"weighted_mse_{name}").GetDouble();
        output.WriteLine($"ENC {type} {name}: {plainRatio:F4} of ggml's error, weighted {weightedRatio:F4}");
        Assert.InRange(plainRatio, 0, 1.02);
        Assert.InRange(weightedRatio, 0, withImportance ? 1.02 : double.MaxValue);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Logits_of_dequantized_models_are_golden(string name)
    {
        using TemporaryFolder folder = new();
        string path = folder.PathOf("f32.gguf");
        ModelQuantizer.Quantize(SharedData.Path($"types/models/{name}.gguf"), path, QuantizationMix.F32, new QuantizerOptions { AllowRequantizing = true });
        using CpuDevice device = new(new CpuDeviceOptions { Threads = 2 });
        (double worst, _) = Errors(name, path, device, chunk: 512);
        Assert.InRange(worst, 0, 1e-3);
    }

    /// <summary>Activations are rounded to sixteen bits, where llama.cpp rounds them to eight.</summary>
    [Theory]
    [MemberData(nameof(ModelsAndInstructionSets))]
    public void Logits_of_models_are_a_tenth_as_far_from_golden_as_those_of_llama_cpp(string name, CpuIsa isa)
    {
        Assert.SkipUnless(CpuIsaSupport.IsSupported(isa), $"this processor has no {isa}");
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(SharedData.Path("types/models/golden.json")));
        JsonElement theirs = document.RootElement.GetProperty("types").GetProperty(name == "nvfp4-scaled" ? "NVFP4 with scales" : name.ToUpperInvariant());
        using CpuDevice device = new(new CpuDeviceOptions { Isa = isa, Threads = 2 });
        foreach (int chunk in new[] { 1, 512 })
        {
            (double worst, double rms) = Errors(name, SharedData.Path($"types/models/{name}.gguf"), device, chunk);
            output.WriteLine($"{name} on {isa} in chunks of {chunk}: largest error {worst:E2}, rms {rms:E2}");
            Assert.InRange(worst, 0, theirs.GetProperty("file_as_is_max_abs").GetDouble() / 10);
            Assert.InRange(rms, 0, theirs.GetProperty("file_as_is_rms").GetDouble() / 10);
        }
    }

    private static (double Worst, double Rms) Errors(string name, string path, Device device, int chunk)
    {
        using SafetensorsFile file = Open("models/golden.safetensors");
        float[] golden = Golden.Single(file.Tensors[$"{name}.logits"]);
        int[] ids = [.. MemoryMarshal.Cast<byte, long>(Bytes(file.Tensors["input_ids"])).ToArray().Select(id => (int)id)];
        using Model model = Model.Load(path, device);
        using TokenReader reader = new(model, ids.Length, chunk: chunk, kvType: TensorType.F32);
        float[] logits = new float[golden.Length];
        reader.ReadLogits(ids, 512, (row, values) => values.CopyTo(logits.AsSpan(row * values.Length)));
        double[] errors = [.. logits.Zip(golden, (a, b) => (double)Math.Abs(a - b))];
        return (errors.Max(), Math.Sqrt(errors.Average(error => error * error)));
    }

    private static void AssertDecodes(TensorType type, SafetensorsFile file, string bytes, string values)
    {
        float[] expected = MemoryMarshal.Cast<byte, float>(Bytes(file.Tensors[values])).ToArray();
        float[] decoded = new float[expected.Length];
        BlockCodec.Decode(type, Bytes(file.Tensors[bytes]), decoded);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.True(
                expected[i] == decoded[i] || (float.IsNaN(expected[i]) && float.IsNaN(decoded[i])),
                $"{type}, {values}: element {i} is {expected[i]:R}, decoded as {decoded[i]:R}");
        }
    }

    private static byte[] Bytes(TensorEntry tensor) => tensor.Bytes(0, (int)tensor.SizeBytes).ToArray();

    private static SafetensorsFile Open(string name) => SafetensorsFile.Open(SharedData.Path("types/" + name));
}
