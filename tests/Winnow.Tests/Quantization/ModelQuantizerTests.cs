using System.Runtime.InteropServices;
using Winnow.Formats;
using Winnow.Lab.Quantization;
using Winnow.Lab.Synthesis;
using Winnow.Quantization;
using Winnow.Tensors;
using Winnow.Tests.Formats;

namespace Winnow.Tests.Quantization;

public sealed class ModelQuantizerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Every_tensor_of_the_output_is_the_encoded_input_in_the_mixtures_type()
    {
        string input = Synthetic(QuantizationMix.F32);
        string output = _folder.PathOf("out.gguf");
        ModelQuantizer.Quantize(input, output, QuantizationMix.Q4_K_M);
        using GgufFile source = GgufFile.Open(input);
        using GgufFile result = GgufFile.Open(output);
        Assert.Equal(source.Tensors.Keys, result.Tensors.Keys);
        Assert.Equal(TensorType.Q6_K, result.Tensors["token_embd.weight"].Type);
        Assert.Equal(TensorType.Q4_K, result.Tensors["blk.0.attn_q.weight"].Type);
        foreach (TensorEntry tensor in result.Tensors.Values)
        {
            byte[] expected = new byte[tensor.SizeBytes];
            BlockCodec.Encode(tensor.Type, source.Tensors[tensor.Name].ToSingles(), expected);
            Assert.Equal(expected, tensor.Bytes(0, expected.Length));
        }
    }

    [Fact]
    public void Metadata_is_kept_and_tells_the_new_file_type()
    {
        string output = _folder.PathOf("out.gguf");
        ModelQuantizer.Quantize(Synthetic(QuantizationMix.F16), output, QuantizationMix.Q5_K_S);
        using GgufFile result = GgufFile.Open(output);
        Assert.Equal(16, result.Metadata.GetInt32("general.file_type"));
        Assert.Equal(2, result.Metadata.GetInt32("general.quantization_version"));
        Assert.Equal("llama", result.Metadata.GetString("general.architecture"));
        Assert.Equal(1024, result.Metadata.GetArrayOrNull<string>("tokenizer.ggml.tokens")!.Length);
    }

    [Fact]
    public void The_number_of_threads_does_not_matter()
    {
        string input = Synthetic(QuantizationMix.BF16);
        foreach (int threads in new[] { 1, 3 })
        {
            ModelQuantizer.Quantize(input, _folder.PathOf($"{threads}.gguf"), QuantizationMix.Q4_0, new QuantizerOptions { Threads = threads });
        }

        Assert.Equal(File.ReadAllBytes(_folder.PathOf("1.gguf")), File.ReadAllBytes(_folder.PathOf("3.gguf")));
    }

    [Fact]
    public void A_quantized_input_is_refused_unless_that_is_allowed()
    {
        string input = Synthetic(QuantizationMix.Q8_0);
        string output = _folder.PathOf("out.gguf");
        ModelFormatException error = Assert.Throws<ModelFormatException>(() => ModelQuantizer.Quantize(input, output, QuantizationMix.Q4_0));
        Assert.Contains("quantized already (Q8_0)", error.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(output));

        ModelQuantizer.Quantize(input, output, QuantizationMix.Q4_0, new QuantizerOptions { AllowRequantizing = true });
        using GgufFile result = GgufFile.Open(output);
        Assert.Equal(TensorType.Q4_0, result.Tensors["blk.1.ffn_up.weight"].Type);
    }

    [Fact]
    public void Tensors_that_have_their_type_already_are_copied()
    {
        string input = Synthetic(QuantizationMix.Q8_0);
        string output = _folder.PathOf("out.gguf");
        ModelQuantizer.Quantize(input, output, QuantizationMix.Q8_0);
        Assert.Equal(File.ReadAllBytes(input), File.ReadAllBytes(output));
    }

    [Theory]
    [InlineData(float.NaN, "NaN")]
    [InlineData(float.NegativeInfinity, "Infinity")]
    [InlineData(70000f, "70000")]
    public void A_value_that_the_type_cannot_hold_is_refused_by_name_and_leaves_nothing_behind(float bad, string shown)
    {
        string input = _folder.PathOf("in.gguf");
        float[] values = new float[256 * 300];
        values[70_001] = bad;
        WriteModel(input, values);
        string output = _folder.PathOf("out.gguf");
        foreach (QuantizationMix mix in new[] { QuantizationMix.F16, QuantizationMix.Q8_0, QuantizationMix.Q4_K_M })
        {
            ModelFormatException error = Assert.Throws<ModelFormatException>(() => ModelQuantizer.Quantize(input, output, mix));
            Assert.Contains("blk.0.ffn_up.weight", error.Message, StringComparison.Ordinal);
            Assert.Contains(shown, error.Message, StringComparison.Ordinal);
            Assert.Contains("70001", error.Message, StringComparison.Ordinal);
        }

        Assert.Equal(["in.gguf"], _folder.Names());
        ModelQuantizer.Quantize(input, output, QuantizationMix.BF16);
    }

    [Fact]
    public void Integer_matrices_are_quantized_as_floats_are()
    {
        string input = _folder.PathOf("in.gguf");
        GgufMetadata metadata = new(input);
        using (GgufWriter writer = new(input, metadata))
        {
            writer.Declare("blk.0.ffn_up.weight", TensorType.I32, 2, 256);
            writer.Write("blk.0.ffn_up.weight", new byte[2 * 256 * 4]);
            writer.Complete();
        }

        ModelQuantizer.Quantize(input, _folder.PathOf("out.gguf"), QuantizationMix.Q8_0);
        using GgufFile output = GgufFile.Open(_folder.PathOf("out.gguf"));
        Assert.Equal(TensorType.Q8_0, output.Tensors["blk.0.ffn_up.weight"].Type);
    }

    [Fact]
    public void Progress_counts_up_to_all_weights()
    {
        string input = Synthetic(QuantizationMix.F32);
        List<QuantizationProgress> seen = [];
        ModelQuantizer.Quantize(input, _folder.PathOf("out.gguf"), QuantizationMix.Q8_0, progress: new Recorder(seen.Add));
        Assert.Equal(seen.Select(step => step.ElementsDone).Order(), seen.Select(step => step.ElementsDone));
        Assert.Equal(seen[^1].ElementsTotal, seen[^1].ElementsDone);
        Assert.Equal(seen[^1].TensorCount, seen[^1].TensorIndex);
        Assert.Equal("rope_freqs.weight", seen[0].Tensor);
    }

    [Fact]
    public void Cancelling_leaves_nothing_behind()
    {
        string input = Synthetic(QuantizationMix.F32);
        using CancellationTokenSource cancellation = new();
        Recorder cancelInTheMiddle = new(step =>
        {
            if (step.TensorIndex == 5)
            {
                cancellation.Cancel();
            }
        });
        Assert.Throws<OperationCanceledException>(
            () => ModelQuantizer.Quantize(input, _folder.PathOf("out.gguf"), QuantizationMix.Q4_K_M, progress: cancelInTheMiddle, cancellationToken: cancellation.Token));
        Assert.Equal(["F32.gguf"], _folder.Names());
    }

    private string Synthetic(QuantizationMix mix)
    {
        string path = _folder.PathOf($"{mix}.gguf");
        SyntheticModel.Write(path, SyntheticShape.Find("llama-tiny"), mix);
        return path;
    }

    private static void WriteModel(string path, float[] values)
    {
        using GgufWriter writer = new(path, new GgufMetadata(path));
        writer.Declare("blk.0.ffn_up.weight", TensorType.F32, values.Length / 256, 256);
        writer.Write("blk.0.ffn_up.weight", MemoryMarshal.AsBytes(values.AsSpan()));
        writer.Complete();
    }

    private sealed class Recorder(Action<QuantizationProgress> action) : IProgress<QuantizationProgress>
    {
        public void Report(QuantizationProgress value) => action(value);
    }
}
