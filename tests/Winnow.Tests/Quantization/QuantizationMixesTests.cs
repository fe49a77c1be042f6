using Winnow.Formats;
using Winnow.Lab.Quantization;
using Winnow.Tensors;

namespace Winnow.Tests.Quantization;

public class QuantizationMixesTests
{
    /// <summary>
    /// The types that llama-quantize (build 9749) gave to models of such shapes, a letter a layer: 4, 5 and 6 for Q4_K to Q6_K, 8 for
    /// Q8_0, a and b for Q5_0 and Q5_1, 0 for Q4_0.
    /// </summary>
    [Theory]
    [InlineData(QuantizationMix.Q4_K_M, 16, 512, 0, true, "attn_v 6644644644644666 ffn_down 6644644644644666 attn_k 4444444444444444 token_embd 6")]
    [InlineData(QuantizationMix.Q4_K_S, 16, 512, 0, true, "attn_v 5555444444444444 ffn_down 5544444444444444 attn_output 4444444444444444 token_embd 6")]
    [InlineData(QuantizationMix.Q5_K_M, 16, 512, 0, true, "attn_v 6655655655655666 ffn_down 6655655655655666 ffn_gate 5555555555555555 token_embd 6")]
    [InlineData(QuantizationMix.Q5_K_S, 16, 512, 0, true, "attn_v 5555555555555555 ffn_down 5555555555555555 ffn_up 5555555555555555 token_embd 6")]
    [InlineData(QuantizationMix.Q6_K, 16, 512, 0, true, "attn_v 6666666666666666 ffn_down 6666666666666666 token_embd 6")]
    [InlineData(QuantizationMix.Q4_0, 16, 512, 0, true, "attn_v 0000000000000000 ffn_down 0000000000000000 token_embd 6")]
    [InlineData(QuantizationMix.Q8_0, 16, 512, 0, true, "attn_v 8888888888888888 ffn_down 8888888888888888 token_embd 8")]
    [InlineData(QuantizationMix.Q4_K_M, 9, 352, 0, false, "attn_v 644644666 ffn_down 8aa8aa888 attn_q 444444444 token_embd 4 output 6")]
    [InlineData(QuantizationMix.Q4_K_S, 9, 352, 0, false, "attn_v 555544444 ffn_down baaaaaaaa token_embd 4 output 6")]
    [InlineData(QuantizationMix.Q5_K_M, 9, 352, 0, false, "attn_v 655655666 ffn_down 8bb8bb888 token_embd 5 output 6")]
    [InlineData(QuantizationMix.Q6_K, 9, 352, 0, false, "attn_v 666666666 ffn_down 888888888 output 6")]
    [InlineData(QuantizationMix.Q4_K_M, 32, 256, 8, false, "attn_k 88888888888888888888888888888888 attn_v 88888888888888888888888888888888 attn_output 55555555555555555555555555555555 ffn_down_exps 66664464464464464464464464466666")]
    [InlineData(QuantizationMix.Q5_K_M, 32, 256, 8, false, "attn_k 88888888888888888888888888888888 attn_output 55555555555555555555555555555555 ffn_down_exps 66665565565565565565565565566666 ffn_up_exps 55555555555555555555555555555555")]
    [InlineData(QuantizationMix.Q4_0, 32, 256, 8, false, "attn_k 88888888888888888888888888888888 attn_v 88888888888888888888888888888888 attn_output 00000000000000000000000000000000")]
    [InlineData(QuantizationMix.Q4_K_S, 80, 256, 0, false, "attn_v 55555555555555555555555555555555555555555555555555555555555555555555555555555555 ffn_down 55555555554444444444444444444444444444444444444444444444444444444444444444444444")]
    [InlineData(QuantizationMix.Q4_K_M, 80, 256, 0, false, "attn_v 66666666665565565565565565565565565565565565565565565565565565565565566666666666 ffn_down 66666666664464464464464464464464464464464464464464464464464464464464466666666666")]
    public void Every_tensor_gets_the_type_that_llama_quantize_gives_it(QuantizationMix mix, int layers, int inner, int experts, bool isTied, string expected)
    {
        TensorDescription[] tensors = [.. Tensors(layers, inner, experts, isTied)];
        Dictionary<string, TensorType> types = QuantizationMixes.Choose(mix, new ModelTraits(layers, experts, Is70B: layers == 80), tensors);
        Assert.Equal(tensors.Length, types.Count);
        string[] words = expected.Split(' ');
        for (int i = 0; i < words.Length; i += 2)
        {
            IEnumerable<string> names = words[i] is "token_embd" or "output"
                ? [$"{words[i]}.weight"]
                : Enumerable.Range(0, layers).Select(layer => $"blk.{layer}.{words[i]}.weight");
            Assert.Equal(words[i + 1], string.Concat(names.Select(name => Letter(types[name]))));
        }

        Assert.Equal(TensorType.F32, types["blk.0.attn_norm.weight"]);
        Assert.Equal(TensorType.F32, types["blk.0.attn_q.bias"]);
        Assert.Equal(TensorType.F32, types.GetValueOrDefault("blk.0.ffn_gate_inp.weight"));
    }

    [Fact]
    public void The_lab_model_gets_the_types_that_llama_quantize_chose()
    {
        using GgufFile file = GgufFile.Open(SharedData.Path("models/lab-q4_k_m.gguf"));
        TensorDescription[] tensors = [.. file.Tensors.Values.Select(tensor => new TensorDescription(tensor.Name, TensorType.F32, tensor.Shape))];
        Dictionary<string, TensorType> types = QuantizationMixes.Choose(QuantizationMix.Q4_K_M, ModelTraits.Of(file.Metadata), tensors);
        Assert.Equal(
            file.Tensors.Values.Select(tensor => (tensor.Name, tensor.Type)),
            tensors.Select(tensor => (tensor.Name, types[tensor.Name])));
    }

    [Theory]
    [InlineData(QuantizationMix.F32, TensorType.F32)]
    [InlineData(QuantizationMix.F16, TensorType.F16)]
    [InlineData(QuantizationMix.BF16, TensorType.BF16)]
    public void Float_types_apply_to_every_matrix_whatever_its_width(QuantizationMix mix, TensorType type)
    {
        TensorDescription[] tensors = [new("token_embd.weight", TensorType.F32, [10, 7]), new("output_norm.weight", TensorType.F32, [7])];
        Dictionary<string, TensorType> types = QuantizationMixes.Choose(mix, default, tensors);
        Assert.Equal(type, types["token_embd.weight"]);
        Assert.Equal(TensorType.F32, types["output_norm.weight"]);
    }

    [Fact]
    public void Rows_that_no_block_divides_become_F16()
    {
        TensorDescription[] tensors = [new("token_embd.weight", TensorType.F32, [10, 40]), new("blk.0.ffn_up.weight", TensorType.F32, [10, 40])];
        foreach (QuantizationMix mix in new[] { QuantizationMix.Q8_0, QuantizationMix.Q4_K_M, QuantizationMix.Q4_0 })
        {
            Assert.All(QuantizationMixes.Choose(mix, default, tensors).Values, type => Assert.Equal(TensorType.F16, type));
        }
    }

    [Fact]
    public void A_vector_stays_one_when_its_shape_has_leading_ones()
    {
        TensorDescription tensor = new("blk.0.something.weight", TensorType.F32, [1, 1, 256]);
        Assert.Equal(TensorType.F32, QuantizationMixes.Choose(QuantizationMix.Q8_0, default, [tensor])[tensor.Name]);
    }

    [Fact]
    public void The_traits_of_a_model_come_from_its_metadata()
    {
        GgufMetadata metadata = new("test");
        Assert.Equal(default, ModelTraits.Of(metadata));
        metadata.Set("general.architecture", "llama");
        metadata.Set("llama.block_count", 80u);
        metadata.Set("llama.expert_count", 8u);
        metadata.Set("llama.attention.head_count", 64u);
        Assert.Equal(new ModelTraits(80, 8, Is70B: false), ModelTraits.Of(metadata));
        metadata.Set("llama.attention.head_count_kv", 8u);
        Assert.Equal(new ModelTraits(80, 8, Is70B: true, QueriesPerKey: 8), ModelTraits.Of(metadata));
        metadata.Set("llama.attention.head_count_kv", new[] { 8, 8 });
        Assert.Equal(new ModelTraits(80, 8, Is70B: false), ModelTraits.Of(metadata));
    }

    [Fact]
    public void Names_are_read_in_any_case_and_an_unknown_one_lists_the_known()
    {
        Assert.Equal(QuantizationMix.Q4_K_M, QuantizationMixes.Parse("q4_k_m"));
        Assert.Equal(QuantizationMix.Q4_K_M, QuantizationMixes.Parse("Q4_K"));
        Assert.Equal(QuantizationMix.Q5_K_M, QuantizationMixes.Parse("q5_k"));
        Assert.Equal(QuantizationMix.BF16, QuantizationMixes.Parse("bf16"));
        WinnowException error = Assert.Throws<WinnowException>(() => QuantizationMixes.Parse("Q9"));
        Assert.Contains("'Q9'", error.Message, StringComparison.Ordinal);
        Assert.Contains("Q4_K_M", error.Message, StringComparison.Ordinal);
        Assert.Throws<WinnowException>(() => QuantizationMixes.Parse("15"));
    }

    private static IEnumerable<TensorDescription> Tensors(int layers, int inner, int experts, bool isTied)
    {
        yield return new("token_embd.weight", TensorType.F32, [512, 256]);
        if (!isTied)
        {
            yield return new("output.weight", TensorType.F32, [512, 256]);
        }

        // Layers in reverse: the file's order must not matter.
        for (int layer = layers - 1; layer >= 0; layer--)
        {
            string prefix = $"blk.{layer}.";
            yield return new(prefix + "attn_norm.weight", TensorType.F32, [256]);
            yield return new(prefix + "attn_q.bias", TensorType.F32, [256]);
            foreach (string name in new[] { "attn_q", "attn_k", "attn_v", "attn_output" })
            {
                yield return new($"{prefix}{name}.weight", TensorType.F32, [256, 256]);
            }

            if (experts == 0)
            {
                yield return new(prefix + "ffn_gate.weight", TensorType.F32, [inner, 256]);
                yield return new(prefix + "ffn_up.weight", TensorType.F32, [inner, 256]);
                yield return new(prefix + "ffn_down.weight", TensorType.F32, [256, inner]);
            }
            else
            {
                yield return new(prefix + "ffn_gate_inp.weight", TensorType.F32, [experts, 256]);
                yield return new(prefix + "ffn_gate_exps.weight", TensorType.F32, [experts, inner, 256]);
                yield return new(prefix + "ffn_up_exps.weight", TensorType.F32, [experts, inner, 256]);
                yield return new(prefix + "ffn_down_exps.weight", TensorType.F32, [experts, 256, inner]);
            }
        }
    }

    private static char Letter(TensorType type) => type switch
    {
        TensorType.Q4_K => '4',
        TensorType.Q5_K => '5',
        TensorType.Q6_K => '6',
        TensorType.Q8_0 => '8',
        TensorType.Q5_0 => 'a',
        TensorType.Q5_1 => 'b',
        TensorType.Q4_0 => '0',
        _ => '?',
    };
}
