using Winnow.Formats;
using Winnow.Lab.Quantization;
using Winnow.Lab.Synthesis;
using Winnow.Tensors;
using Winnow.Tests.Formats;

namespace Winnow.Tests.Quantization;

public sealed class SyntheticModelTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>The counts that the models' publishers state, without the rotary factors, which GGUF alone stores.</summary>
    [Theory]
    [InlineData("llama-3.2-1b", 1_235_814_400)]
    [InlineData("llama-3.1-8b", 8_030_261_248)]
    [InlineData("qwen3-0.6b", 596_049_920)]
    public void A_named_shape_has_the_published_number_of_parameters(string name, long parameters)
    {
        IEnumerable<TensorDescription> tensors = SyntheticModel.Tensors(SyntheticShape.Find(name));
        Assert.Equal(parameters, tensors.Where(tensor => tensor.Name != "rope_freqs.weight").Sum(tensor => tensor.ElementCount));
    }

    [Theory]
    [InlineData("llama-tiny")]
    [InlineData("qwen3-tiny")]
    public void The_same_seed_gives_the_same_file_whatever_the_number_of_threads(string name)
    {
        byte[] one = Write(name, QuantizationMix.Q4_K_M, seed: 5, threads: 1);
        Assert.Equal(one, Write(name, QuantizationMix.Q4_K_M, seed: 5, threads: 3));
        Assert.NotEqual(one, Write(name, QuantizationMix.Q4_K_M, seed: 6, threads: 1));
    }

    [Fact]
    public void A_matrix_is_scaled_by_its_inputs_and_a_norm_is_near_one()
    {
        Write("llama-tiny", QuantizationMix.F32);
        using GgufFile file = GgufFile.Open(_folder.PathOf("model.gguf"));
        (double mean, double deviation) = Moments(file.Tensors["blk.1.ffn_down.weight"].ToSingles());
        Assert.Equal(0, mean, 0.001);
        Assert.Equal(1 / Math.Sqrt(512), deviation, 0.0005);
        (mean, deviation) = Moments(file.Tensors["blk.1.ffn_norm.weight"].ToSingles());
        Assert.Equal(1, mean, 0.03);
        Assert.Equal(0.1, deviation, 0.02);
    }

    [Fact]
    public void Noise_is_normal_and_any_part_can_be_produced_alone()
    {
        NormalNoise noise = new(1, "a");
        float[] all = new float[1 << 18];
        noise.Fill(0, all, mean: 0, deviation: 1);
        foreach (double quantile in new[] { -2.0, -1, -0.5, 0, 0.5, 1, 2 })
        {
            // The normal distribution by its series, not by the table under test.
            double term = quantile;
            double sum = quantile;
            for (int k = 1; k < 40; k++)
            {
                term *= quantile * quantile / (2 * k + 1);
                sum += term;
            }

            double expected = 0.5 + Math.Exp(-quantile * quantile / 2) / Math.Sqrt(2 * Math.PI) * sum;
            Assert.Equal(expected, all.Count(value => value < quantile) / (double)all.Length, 0.003);
        }

        float[] part = new float[1001];
        noise.Fill(4096, part, mean: 0, deviation: 1);
        Assert.Equal(all[4096..5097], part);
        new NormalNoise(1, "b").Fill(0, part, mean: 0, deviation: 1);
        Assert.NotEqual(all[..1001], part);
    }

    [Fact]
    public void Neighbouring_numbers_are_uncorrelated()
    {
        float[] values = new float[1 << 18];
        new NormalNoise(2, "a").Fill(0, values, mean: 0, deviation: 1);
        foreach (int lag in new[] { 1, 2, 3, 4, 256, 2048 })
        {
            double correlation = Enumerable.Range(0, values.Length - lag).Average(i => values[i] * (double)values[i + lag]);
            Assert.True(Math.Abs(correlation) < 0.01, $"lag {lag}: {correlation}");
        }
    }

    [Fact]
    public void Rotary_factors_are_those_of_llama_3_2()
    {
        Write("llama-tiny", QuantizationMix.F32);
        using GgufFile file = GgufFile.Open(_folder.PathOf("model.gguf"));
        float[] factors = file.Tensors["rope_freqs.weight"].ToSingles();
        Assert.Equal(32, factors.Length);

        // Waves of 2π·500000^(i/32): up to index 14 below 2,048, from 18 on above 8,192 positions.
        Assert.All(factors[..15], factor => Assert.Equal(1, factor));
        Assert.All(factors[18..], factor => Assert.Equal(32, factor));

        // Index 16: wave 4442.88, blend (8192 / 4442.88 − 1) / 3 = 0.281283, 1 / ((1 − blend) / 32 + blend) = 3.29234.
        Assert.Equal(3.29234f, factors[16], 1e-4f);
    }

    [Theory]
    [InlineData("llama-tiny", "llama-bpe", 1008, 1017)]
    [InlineData("qwen3-tiny", "qwen2", 1008, 1010)]
    public void The_vocabulary_is_complete_unique_and_reachable_by_its_merges(string name, string pre, int bos, int eos)
    {
        Write(name, QuantizationMix.Q8_0);
        using GgufFile file = GgufFile.Open(_folder.PathOf("model.gguf"));
        GgufMetadata metadata = file.Metadata;
        string[] tokens = metadata.GetArrayOrNull<string>("tokenizer.ggml.tokens")!;
        Assert.Equal(1024, tokens.Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(256, tokens.Count(token => token.Length == 1));
        HashSet<string> known = [.. tokens[..256]];
        foreach ((int index, string merge) in metadata.GetArrayOrNull<string>("tokenizer.ggml.merges")!.Index())
        {
            string[] parts = merge.Split(' ');
            Assert.All(parts, part => Assert.Contains(part, known));
            Assert.Equal(tokens[256 + index], string.Concat(parts));
            known.Add(tokens[256 + index]);
        }

        Assert.Equal(1008, known.Count);
        Assert.Equal(pre, metadata.GetString("tokenizer.ggml.pre"));
        Assert.Equal(bos, metadata.GetInt32("tokenizer.ggml.bos_token_id"));
        Assert.Equal(eos, metadata.GetInt32("tokenizer.ggml.eos_token_id"));
        Assert.Equal(Enumerable.Repeat(1, 1008).Concat(Enumerable.Repeat(3, 16)), metadata.GetArrayOrNull<int>("tokenizer.ggml.token_type"));
    }

    [Fact]
    public void A_qwen3_has_norms_on_queries_and_keys_and_its_own_output()
    {
        Write("qwen3-tiny", QuantizationMix.F16);
        using GgufFile file = GgufFile.Open(_folder.PathOf("model.gguf"));
        Assert.Equal([128], file.Tensors["blk.0.attn_q_norm.weight"].Shape);
        Assert.Equal([512, 256], file.Tensors["blk.0.attn_q.weight"].Shape);
        Assert.Equal([1024, 256], file.Tensors["output.weight"].Shape);
        Assert.False(file.Tensors.ContainsKey("rope_freqs.weight"));
        Assert.Equal(128, file.Metadata.GetInt32("qwen3.attention.key_length"));
    }

    [Fact]
    public void Experts_are_alike_and_the_router_is_not_quantized()
    {
        Write("qwen3moe-tiny", QuantizationMix.Q4_K_M);
        using GgufFile file = GgufFile.Open(_folder.PathOf("model.gguf"));
        Assert.Equal(16, file.Metadata.GetInt32("qwen3moe.expert_count"));
        Assert.Equal(4, file.Metadata.GetInt32("qwen3moe.expert_used_count"));
        Assert.Equal(TensorType.F32, file.Tensors["blk.0.ffn_gate_inp.weight"].Type);
        TensorEntry experts = file.Tensors["blk.1.ffn_up_exps.weight"];
        Assert.Equal([16, 256, 256], experts.Shape);
        Assert.Equal(TensorType.Q4_K, experts.Type);
        int bytes = (int)(experts.SizeBytes / 16);
        Assert.True(experts.Bytes(0, bytes).SequenceEqual(experts.Bytes(15L * bytes, bytes)));
        Assert.True(experts.Bytes(0, bytes).ContainsAnyExcept((byte)0));
        Assert.False(file.Tensors.ContainsKey("blk.0.ffn_up.weight"));
    }

    [Fact]
    public void Unknown_names_and_impossible_shapes_are_refused()
    {
        WinnowException error = Assert.Throws<WinnowException>(() => SyntheticShape.Find("gpt-5"));
        Assert.Contains("llama-3.2-1b", error.Message, StringComparison.Ordinal);
        SyntheticShape tiny = SyntheticShape.Find("LLAMA-TINY");
        string path = _folder.PathOf("model.gguf");
        Assert.Throws<ArgumentException>(() => SyntheticModel.Write(path, tiny with { Architecture = "rwkv7" }, QuantizationMix.Q8_0));
        Assert.Throws<ArgumentException>(() => SyntheticModel.Write(path, tiny with { Experts = 4 }, QuantizationMix.Q8_0));
        Assert.Throws<ArgumentException>(() => SyntheticModel.Write(path, tiny with { Architecture = "qwen3moe" }, QuantizationMix.Q8_0));
        Assert.ThrowsAny<ArgumentException>(() => SyntheticModel.Write(path, tiny with { KvHeads = 3 }, QuantizationMix.Q8_0));
        Assert.ThrowsAny<ArgumentException>(() => SyntheticModel.Write(path, tiny with { KvHeads = 0 }, QuantizationMix.Q8_0));
        Assert.ThrowsAny<ArgumentException>(() => SyntheticModel.Write(path, tiny with { HiddenSize = -1 }, QuantizationMix.Q8_0));
        Assert.ThrowsAny<ArgumentException>(() => SyntheticModel.Write(path, tiny with { VocabularySize = 100 }, QuantizationMix.Q8_0));
        Assert.ThrowsAny<ArgumentException>(() => SyntheticModel.Write(path, tiny with { VocabularySize = 1_000_000 }, QuantizationMix.Q8_0));
        Assert.Empty(_folder.Names());
    }

    private byte[] Write(string shape, QuantizationMix mix, ulong seed = 1, int threads = 0)
    {
        string path = _folder.PathOf("model.gguf");
        SyntheticModel.Write(path, SyntheticShape.Find(shape), mix, new SyntheticOptions { Seed = seed, Threads = threads });
        return File.ReadAllBytes(path);
    }

    private static (double Mean, double Deviation) Moments(float[] values)
    {
        double mean = values.Average(value => (double)value);
        return (mean, Math.Sqrt(values.Average(value => Math.Pow(value - mean, 2))));
    }
}
