using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using Winnow.Compute;
using Winnow.Compute.Cpu;
using Winnow.Lab.Quantization;
using Winnow.Models;
using Winnow.Quantization;
using Winnow.Tensors;
using Winnow.Tests.Formats;
using Winnow.Tests.Models;

namespace Winnow.Tests.Quantization;

/// <summary>Blocks, encoders and models of every type against ggml, with blocks and matrices that are made on the fly.</summary>
public sealed class TypeReferenceTests(ITestOutputHelper output)
{
    /// <summary>Of the logits' deviation: in float arithmetic, and with activations that are rounded to sixteen bits.</summary>
    private const double Tolerance = 1e-3;

    public static TheoryData<TensorType> Types => [.. Enum.GetValues<TensorType>().Where(type => type.IsInGguf())];

    public static TheoryData<TensorType> Models => [.. TypeReferences.Models];

    public static TheoryData<TensorType, bool> EncodedTypes()
    {
        TheoryData<TensorType, bool> data = [];
        foreach (BlockType row in BlockTypes.All.Where(row => row.CanEncode && row.Type != TensorType.F32))
        {
            foreach (bool withImportance in (bool[])[false, true])
            {
                if (TypeReferences.Of(row.Type).TryGetProperty(ErrorName(withImportance), out _))
                {
                    data.Add(row.Type, withImportance);
                }
            }
        }

        return data;
    }

    public static TheoryData<TensorType, CpuIsa> ModelsAndInstructionSets()
    {
        TheoryData<TensorType, CpuIsa> data = [];
        foreach (TensorType type in TypeReferences.Models)
        {
            foreach (CpuIsa isa in Enum.GetValues<CpuIsa>())
            {
                data.Add(type, isa);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Blocks_decode_to_the_very_floats_of_ggml(TensorType type)
    {
        JsonElement reference = TypeReferences.Of(type);
        Assert.Equal(reference.GetProperty("block_bytes").GetInt32(), type.BlockBytes());
        int blocks = reference.GetProperty("blocks").GetInt32();
        byte[] bytes = TypeReferences.Blocks(type, $"types/{type}", blocks, reference.GetProperty("fields"));
        float[] values = new float[blocks * type.BlockLength()];
        BlockCodec.Decode(type, bytes, values);
        for (int i = 0; i < values.Length; i++)
        {
            // −0 is 0.
            values[i] += 0f;
        }

        Assert.Equal(reference.GetProperty("first").EnumerateArray().Select(value => value.GetSingle()), values[..4]);
        string hash = Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes(values.AsSpan())));
        Assert.Equal(reference.GetProperty("sha256").GetString(), hash);
    }

    [Theory]
    [MemberData(nameof(EncodedTypes))]
    public void Encoders_err_as_little_as_those_of_ggml(TensorType type, bool withImportance)
    {
        (float[] matrix, float[] columns) = TypeReferences.Source();
        float[] importance = [.. matrix.Select((_, i) => columns[i % columns.Length])];
        byte[] encoded = new byte[type.SizeBytes(matrix.Length)];
        float[] decoded = new float[matrix.Length];
        BlockCodec.Encode(type, matrix, withImportance ? importance : [], encoded);
        BlockCodec.Decode(type, encoded, decoded);
        double[] squares = [.. matrix.Zip(decoded, (value, found) => ((double)value - found) * ((double)value - found))];
        JsonElement error = TypeReferences.Of(type).GetProperty(ErrorName(withImportance));
        double plain = squares.Average() / error[0].GetDouble();
        double weighted = squares.Zip(importance, (square, weight) => square * weight).Sum() / importance.Sum(weight => (double)weight) / error[1].GetDouble();
        output.WriteLine($"{type}: {plain:F4} of ggml's error, weighted {weighted:F4}");
        Assert.InRange(plain, 0, 1.02);
        Assert.InRange(weighted, 0, withImportance ? 1.02 : double.MaxValue);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Logits_of_dequantized_models_are_golden(TensorType type)
    {
        using TemporaryFolder folder = new();
        string path = folder.PathOf("f32.gguf");
        TypeReferences.WriteModel(type, folder.PathOf("model.gguf"));
        ModelQuantizer.Quantize(folder.PathOf("model.gguf"), path, QuantizationMix.F32, new QuantizerOptions { AllowRequantizing = true });
        using CpuDevice device = new(new CpuDeviceOptions { Threads = 2 });
        Assert.InRange(LargestError(type, path, device, chunk: 512), 0, Tolerance);
    }

    [Theory]
    [MemberData(nameof(ModelsAndInstructionSets))]
    public void Logits_of_models_are_golden_on_each_instruction_set(TensorType type, CpuIsa isa)
    {
        Assert.SkipUnless(CpuIsaSupport.IsSupported(isa), $"this processor has no {isa}");
        using TemporaryFolder folder = new();
        TypeReferences.WriteModel(type, folder.PathOf("model.gguf"));
        using CpuDevice device = new(new CpuDeviceOptions { Isa = isa, Threads = 2 });
        foreach (int chunk in new[] { 1, 512 })
        {
            double error = LargestError(type, folder.PathOf("model.gguf"), device, chunk);
            output.WriteLine($"{type} on {isa} in chunks of {chunk}: largest error {error:E2} deviations");
            Assert.InRange(error, 0, Tolerance);
        }
    }

    private static string ErrorName(bool withImportance) => withImportance ? "error_importance" : "error_plain";

    private static double LargestError(TensorType type, string path, Device device, int chunk)
    {
        Golden golden = Golden.Read(TypeReferences.Model(type));
        using Model model = Model.Load(path, device);
        return golden.LargestError(model, chunk);
    }
}
