using Winnow.Compute.Cpu;
using Winnow.Quantization;
using Winnow.Quantization.Layouts;
using Winnow.Tensors;
using Winnow.Tests.Compute.Cpu;

namespace Winnow.Tests.Quantization;

/// <summary>What holds for every row of the table of types.</summary>
public class BlockTypeTests
{
    /// <summary>Types of safetensors files that hold tables and codes, not weights.</summary>
    private static readonly TensorType[] WithoutRow = [TensorType.U8];

    public static TheoryData<TensorType> Rows => [.. BlockTypes.All.Select(row => row.Type)];

    public static TheoryData<TensorType> EncodableRows => [.. BlockTypes.All.Where(row => row.CanEncode).Select(row => row.Type)];

    [Fact]
    public void Every_type_has_one_row_or_is_known_to_need_none()
    {
        Assert.Equal(Enum.GetValues<TensorType>().Except(WithoutRow).Order(), BlockTypes.All.Select(row => row.Type).Order());
        Assert.All(BlockTypes.All, row => Assert.Same(row, BlockTypes.Find(row.Type)));
        Assert.All(WithoutRow, type => Assert.Null(BlockTypes.Find(type)));
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void A_block_has_the_elements_and_bytes_of_the_published_layout_in_files_and_in_kernels(TensorType type)
    {
        (int length, int bytes) = BlockDefinition.Geometry(type);
        LayoutGeometry layout = new();
        BlockTypes.Find(type)!.Visit(layout);
        Assert.Equal((length, bytes), (type.BlockLength(), type.BlockBytes()));
        Assert.Equal((length, bytes), (layout.Length, layout.Bytes));
        Assert.Equal(3 * bytes, type.SizeBytes(3 * length));
        Assert.True(type.IsInGguf());
        Assert.True(BlockCodec.CanDecode(type));
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void Random_blocks_of_every_count_decode_to_the_definition_bit_for_bit(TensorType type)
    {
        const int seed = 20250;
        Random random = new(seed);
        for (int blocks = 0; blocks <= 9; blocks++)
        {
            byte[] bytes = new byte[blocks * type.BlockBytes()];
            random.NextBytes(bytes);
            KeepScalesFinite(type, bytes);
            AssertDecodesToDefinition(type, bytes, $"seed {seed}, {blocks} blocks");
        }
    }

    /// <summary>The bounds are a tenth above what the types cost on normally distributed weights.</summary>
    [Theory]
    [MemberData(nameof(EncodableRows))]
    public void A_round_trip_costs_no_more_than_the_type_promises(TensorType type)
    {
        const int seed = 11;
        Random random = new(seed);
        float[] values = [.. Enumerable.Range(0, 256 * 512)
            .Select(_ => (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble())))];
        byte[] bytes = new byte[type.SizeBytes(values.Length)];
        float[] decoded = new float[values.Length];
        BlockCodec.Encode(type, values, bytes);
        BlockCodec.Decode(type, bytes, decoded);
        if (type == TensorType.F32)
        {
            Assert.Equal(values, decoded);
            return;
        }

        double bound = type switch
        {
            TensorType.F16 => 0.00025,
            TensorType.BF16 => 0.002,
            TensorType.Q4_0 => 0.096,
            TensorType.Q4_1 => 0.086,
            TensorType.Q5_0 => 0.048,
            TensorType.Q5_1 => 0.042,
            TensorType.Q8_0 => 0.0062,
            TensorType.Q4_K => 0.077,
            TensorType.Q5_K => 0.039,
            TensorType.Q6_K => 0.021,
            TensorType.Q2_K => 0.3,
            TensorType.Q3_K => 0.17,
            TensorType.IQ4_NL => 0.09,
            TensorType.IQ4_XS => 0.09,
            TensorType.IQ3_XXS => 0.22,
            TensorType.IQ3_S => 0.18,
            TensorType.IQ2_XXS => 0.45,
            TensorType.IQ2_XS => 0.4,
            TensorType.IQ2_S => 0.33,
            TensorType.IQ1_S => 0.6,
            TensorType.IQ1_M => 0.58,
            TensorType.TQ1_0 => 0.89,
            TensorType.TQ2_0 => 0.89,
            TensorType.MXFP4 => 0.13,
            TensorType.NVFP4 => 0.105,
            TensorType.Q1_0 => 0.65,
            TensorType.Q2_0 => 0.79,
            _ => throw new ArgumentOutOfRangeException(nameof(type), type, "its encoder promises nothing"),
        };
        double error = values.Zip(decoded, (a, b) => Math.Pow(a - b, 2)).Sum();
        double relative = Math.Sqrt(error / values.Sum(value => value * (double)value));
        Assert.True(relative < bound, $"seed {seed}: {type} costs {relative:F5}");
        Assert.True(relative > bound / 2, $"seed {seed}: {type} costs only {relative:F5}: is the bound still meaningful?");
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void Every_instruction_set_multiplies_few_tokens_and_many(TensorType type)
    {
        foreach (CpuIsa isa in Enum.GetValues<CpuIsa>().Where(CpuIsaSupport.IsSupported))
        {
            using CpuDevice device = new(new CpuDeviceOptions { Isa = isa, Threads = 2 });
            MatMulHarness.Check(device, type, 37, 3 * (type.BlockLength() >= 64 ? type.BlockLength() : 96), 1, seed: 1);
            MatMulHarness.Check(device, type, 37, 3 * (type.BlockLength() >= 64 ? type.BlockLength() : 96), 9, seed: 2);
        }
    }

    [Fact]
    public void Types_without_a_row_are_neither_decoded_nor_encoded_nor_multiplied_with()
    {
        using CpuDevice device = new();
        foreach (TensorType type in WithoutRow.Append((TensorType)4))
        {
            Assert.False(BlockCodec.CanDecode(type));
            Assert.False(BlockCodec.CanEncode(type));
            Assert.Throws<ArgumentOutOfRangeException>(() => BlockCodec.Decode(type, new byte[8], new float[8 / Bytes(type)]));
            Assert.Throws<ArgumentOutOfRangeException>(() => BlockCodec.Encode(type, new float[8 / Bytes(type)], new byte[8]));
            Assert.ThrowsAny<Exception>(() => device.LoadWeight("weight", type, 1, 8, 0));
        }

        static int Bytes(TensorType type) => type.IsSupported() ? type.BlockBytes() : 1;
    }

    internal static void AssertDecodesToDefinition(TensorType type, byte[] bytes, string what)
    {
        float[] values = new float[bytes.Length / type.BlockBytes() * type.BlockLength()];
        BlockCodec.Decode(type, bytes, values);
        for (int i = 0; i < values.Length; i++)
        {
            ReadOnlySpan<byte> block = bytes.AsSpan(i / type.BlockLength() * type.BlockBytes(), type.BlockBytes());
            float expected = BlockDefinition.Value(type, block, i % type.BlockLength());
            Assert.True(
                BitConverter.SingleToInt32Bits(expected) == BitConverter.SingleToInt32Bits(values[i]),
                $"{type}, {what}: element {i} is {expected:R}, decoded as {values[i]:R}");
        }
    }

    /// <summary>Clears an exponent bit of each field that has an exponent, so that it is neither infinite nor NaN.</summary>
    internal static void KeepScalesFinite(TensorType type, byte[] bytes)
    {
        for (int start = 0; start < bytes.Length; start += type.BlockBytes())
        {
            foreach (int field in BlockDefinition.ExponentFields(type))
            {
                bytes[start + field + 1] &= 0xBF;
            }
        }
    }

    /// <summary>What kernels believe of a block.</summary>
    private sealed class LayoutGeometry : ILayoutVisitor
    {
        public int Length { get; private set; }

        public int Bytes { get; private set; }

        public void Floats<TElement>()
            where TElement : IFloatElement => (Length, Bytes) = (1, TElement.Bytes);

        public void Floats512<TElement>()
            where TElement : IFloatElement512 => (Length, Bytes) = (1, TElement.Bytes);

        public void Blocks<TBlock>()
            where TBlock : IBlock => (Length, Bytes) = (32, TBlock.Bytes);

        public void WideBlocks<TBlock>()
            where TBlock : IWideBlock => (Length, Bytes) = (32, TBlock.Bytes);

        public void SuperBlocks<TBlock>()
            where TBlock : ISuperBlock
        {
            (Length, Bytes) = (256, TBlock.Bytes);
            Assert.True(TBlock.ScalesPer32);
        }

        public void SuperBlocksPer16<TBlock>()
            where TBlock : ISuperBlockPer16
        {
            (Length, Bytes) = (256, TBlock.Bytes);
            Assert.False(TBlock.ScalesPer32);
        }

        public void SignedBlocks<TBlock>()
            where TBlock : ISignedBlock => (Length, Bytes) = (TBlock.Length, TBlock.Bytes);
    }
}
