using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Winnow.Formats;
using Winnow.Lab.Synthesis;
using Winnow.Quantization;
using Winnow.Tensors;

namespace Winnow.Tests.Quantization;

public class BlockEncodeTests
{
    public static readonly TheoryData<TensorType> QuantizedTypes = [.. QuantizedRows];

    /// <summary>Those that have a level for zero, or a scale of zero beside others.</summary>
    public static TheoryData<TensorType> TypesWithZero =>
        [.. QuantizedRows.Where(type => type is not (TensorType.IQ3_XXS or TensorType.IQ3_S or TensorType.IQ2_XXS or TensorType.IQ2_XS
            or TensorType.IQ2_S or TensorType.IQ1_S or TensorType.IQ1_M or TensorType.Q1_0))];

    /// <summary>Those whose scales are f16, or multiples of one.</summary>
    public static TheoryData<TensorType> TypesWithHalfScales =>
        [.. QuantizedRows.Where(type => type is not (TensorType.MXFP4 or TensorType.NVFP4))];

    private static IEnumerable<TensorType> QuantizedRows =>
        BlockTypes.All.Where(row => row.CanEncode && row.Type.BlockLength() > 1).Select(row => row.Type);

    /// <summary>SHA-256 of what llama-quantize (build 9749, <c>--pure</c>) made of the same 131,072 numbers.</summary>
    [Theory]
    [InlineData(TensorType.F16, "65AE68D99B9C21737A49C671917EF828")]
    [InlineData(TensorType.BF16, "260FFF79FAD89401325426040152A6B2")]
    [InlineData(TensorType.Q4_0, "B835E373DBEA55DD0244A3B0ED17FAC6")]
    [InlineData(TensorType.Q4_1, "BF44920EA2A2AF15F7479C9FEC7E22E9")]
    [InlineData(TensorType.Q5_0, "09A0E406CF808061462EB8D6B699165C")]
    [InlineData(TensorType.Q5_1, "3E7D292201082B74AA888966A475486E")]
    [InlineData(TensorType.Q8_0, "DD211A6EB45189F3BDD48A23EFE565D2")]
    [InlineData(TensorType.Q4_K, "9CB312322195905DD538F4B4A625ADB4")]
    [InlineData(TensorType.Q5_K, "2363D92425E53022830071C4CBFDE4DB")]
    [InlineData(TensorType.Q6_K, "9766CE2735D5AB5A534BC2062CEEA485")]
    public void Random_weights_encode_to_the_bytes_that_llama_quantize_writes(TensorType type, string sha256)
    {
        float[] values = new float[512 * 256];
        new NormalNoise(7, "golden").Fill(0, values, mean: 0.01f, deviation: 0.05f);
        Assert.Equal(sha256, Convert.ToHexString(SHA256.HashData(Encode(type, values)))[..32]);
    }

    [Fact]
    public void The_lab_model_encodes_to_the_blocks_that_llama_quantize_wrote()
    {
        using SafetensorsFile source = SafetensorsFile.Open(SharedData.Path("models/lab/model.safetensors"));
        using GgufFile reference = GgufFile.Open(SharedData.Path("models/lab-q4_k_m.gguf"));
        Dictionary<TensorType, (int Same, int All)> counts = [];
        foreach (TensorEntry expected in reference.Tensors.Values.Where(tensor => tensor.Type.BlockLength() > 1 && HuggingFaceName(tensor.Name) is not null))
        {
            TensorEntry tensor = source.Tensors[HuggingFaceName(expected.Name)!];
            float[] values = new float[tensor.ElementCount];
            BlockCodec.Decode(tensor.Type, tensor.Bytes(0, (int)tensor.SizeBytes), values);

            // The reference went through an F16 file.
            BlockCodec.Decode(TensorType.F16, Encode(TensorType.F16, values), values);
            byte[] encoded = Encode(expected.Type, values);
            int blockBytes = expected.Type.BlockBytes();
            (int same, int all) = counts.GetValueOrDefault(expected.Type);
            for (int start = 0; start < encoded.Length; start += blockBytes, all++)
            {
                same += expected.Bytes(start, blockBytes).SequenceEqual(encoded.AsSpan(start, blockBytes)) ? 1 : 0;
            }

            counts[expected.Type] = (same, all);
        }

        Assert.Equal(4, counts.Count);
        foreach ((TensorType type, (int same, int all)) in counts)
        {
            // Compilers may fuse a multiplication and an addition, which decides a tie differently once in some 10,000 blocks.
            Assert.True(same >= all - all / 10_000, $"{type}: {same} of {all} blocks are the same");
        }
    }

    [Theory]
    [MemberData(nameof(QuantizedTypes))]
    public void Blocks_do_not_influence_each_other(TensorType type)
    {
        float[] values = Normal(3, 7 * 256);
        byte[] together = Encode(type, values);
        for (int block = 0; block < values.Length / type.BlockLength(); block++)
        {
            float[] alone = values.AsSpan(block * type.BlockLength(), type.BlockLength()).ToArray();
            Assert.Equal(together.AsSpan(block * type.BlockBytes(), type.BlockBytes()).ToArray(), Encode(type, alone));
        }
    }

    [Theory]
    [MemberData(nameof(TypesWithZero))]
    public void Zeros_stay_zeros_even_beside_large_values(TensorType type)
    {
        float[] values = new float[512];
        values.AsSpan(256, 32).Fill(3);
        float[] decoded = RoundTrip(type, values);
        Assert.All(decoded[..256], value => Assert.Equal(0, value));
        Assert.All(decoded[288..], value => Assert.Equal(0, value));
    }

    [Theory]
    [MemberData(nameof(TypesWithZero))]
    public void Constant_blocks_keep_their_value(TensorType type)
    {
        foreach (float constant in new[] { 1f, -1f, 0.37f, -0.37f, 200f })
        {
            float[] values = new float[256];
            Array.Fill(values, constant);
            float tolerance = type switch { TensorType.MXFP4 => 0.2f, TensorType.NVFP4 => 0.07f, _ => 0.004f };
            Assert.All(RoundTrip(type, values), value => Assert.Equal(constant, value, Math.Abs(constant) * tolerance));
        }
    }

    [Theory]
    [MemberData(nameof(TypesWithHalfScales))]
    public void Values_too_small_for_an_f16_scale_become_zero(TensorType type)
    {
        foreach (float tiny in new[] { float.Epsilon, 1e-42f, 1e-30f, 1e-16f })
        {
            float[] values = [.. Enumerable.Range(0, 256).Select(i => (i % 3 - 1) * tiny)];
            Assert.All(RoundTrip(type, values), value => Assert.Equal(0, value));
        }
    }

    [Theory]
    [MemberData(nameof(QuantizedTypes))]
    public void The_largest_values_stay_finite(TensorType type)
    {
        float[] values = [.. Enumerable.Range(0, 256).Select(i => i % 2 == 0 ? BlockCodec.LargestHalf : -BlockCodec.LargestHalf)];
        Assert.All(RoundTrip(type, values), value => Assert.True(float.IsFinite(value)));
    }

    [Theory]
    [MemberData(nameof(QuantizedTypes))]
    public void Values_that_are_no_numbers_harm_nothing_but_their_block(TensorType type)
    {
        foreach (float bad in new[] { float.NaN, float.PositiveInfinity, float.NegativeInfinity, float.MaxValue })
        {
            float[] values = Normal(9, 512);
            byte[] expected = Encode(type, values);
            values[100] = bad;
            Assert.Equal(expected.AsSpan(expected.Length / 2), Encode(type, values).AsSpan(expected.Length / 2));
        }
    }

    [Fact]
    public void Q8_0_rounds_halves_away_from_zero()
    {
        float[] values = new float[32];
        values[0] = 127;
        values[1] = 2.5f;
        values[2] = -2.5f;
        values[3] = 0.49999997f;
        Assert.Equal([127, 3, -3, 0], Encode(TensorType.Q8_0, values)[2..6].Select(level => (int)(sbyte)level));
    }

    [Fact]
    public void Halves_round_to_even_and_keep_what_is_no_number()
    {
        float[] values = [1 + 1 / 2048f, 1 + 3 / 2048f, 65519.996f, 65520f, -1e9f, float.NaN, 2.9802322e-8f, 2.9802326e-8f, -0f];
        ushort[] expected = [0x3C00, 0x3C02, 0x7BFF, 0x7C00, 0xFC00, 0x7E00, 0, 1, 0x8000];
        ushort[] halves = MemoryMarshal.Cast<byte, ushort>(Encode(TensorType.F16, values)).ToArray();
        Assert.True(Half.IsNaN(BitConverter.UInt16BitsToHalf(halves[5])));
        halves[5] = 0x7E00;
        Assert.Equal(expected, halves);
    }

    [Fact]
    public void Bfloat16_rounds_to_even_and_keeps_what_is_no_number()
    {
        uint[] bits = [0x3F808000, 0x3F818000, 0x3F808001, 0x7F7FFFFF, 0x7F800000, 0xFF800000, 0x7F800001, 0xFFC00000, 0x80000000, 0x00008001];
        ushort[] expected = [0x3F80, 0x3F82, 0x3F81, 0x7F80, 0x7F80, 0xFF80, 0x7FC0, 0xFFC0, 0x8000, 0x0001];
        for (int padding = 0; padding < 32; padding++)
        {
            float[] values = [.. new float[padding], .. MemoryMarshal.Cast<uint, float>(bits)];
            Assert.Equal(expected, MemoryMarshal.Cast<byte, ushort>(Encode(TensorType.BF16, values)).ToArray()[padding..]);
        }
    }

    [Fact]
    public void Part_of_a_block_a_wrong_size_and_types_without_an_encoder_are_refused()
    {
        Assert.Throws<ArgumentException>(() => BlockCodec.Encode(TensorType.Q4_K, new float[255], new byte[144]));
        Assert.Throws<ArgumentException>(() => BlockCodec.Encode(TensorType.Q4_0, new float[32], new byte[17]));
        Assert.Throws<ArgumentOutOfRangeException>(() => BlockCodec.Encode(TensorType.Q8_K, new float[256], new byte[292]));
        Assert.Throws<ArgumentException>(() => BlockCodec.Encode(TensorType.Q4_0, new float[32], new float[31], new byte[18]));
        Assert.Throws<ArgumentOutOfRangeException>(() => BlockCodec.Encode(TensorType.I8, new float[1], new byte[1]));
        Assert.False(BlockCodec.CanEncode(TensorType.Q8_K));
        Assert.True(BlockCodec.CanDecode(TensorType.Q8_K));
    }

    /// <summary>The lab model's names of tensors whose rows GGUF does not reorder.</summary>
    private static string? HuggingFaceName(string name)
    {
        if (name == "token_embd.weight")
        {
            return "model.embed_tokens.weight";
        }

        string[] parts = name.Split('.');
        string? module = parts.Length < 3 ? null : parts[2] switch
        {
            "attn_v" => "self_attn.v_proj",
            "attn_output" => "self_attn.o_proj",
            "ffn_gate" => "mlp.gate_proj",
            "ffn_up" => "mlp.up_proj",
            "ffn_down" => "mlp.down_proj",
            _ => null,
        };
        return module is null ? null : $"model.layers.{parts[1]}.{module}.weight";
    }

    private static byte[] Encode(TensorType type, float[] values)
    {
        byte[] bytes = new byte[type.SizeBytes(values.Length)];
        BlockCodec.Encode(type, values, bytes);
        return bytes;
    }

    private static float[] RoundTrip(TensorType type, float[] values)
    {
        float[] decoded = new float[values.Length];
        BlockCodec.Decode(type, Encode(type, values), decoded);
        return decoded;
    }

    private static float[] Normal(int seed, int count)
    {
        Random random = new(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble())))];
    }
}
