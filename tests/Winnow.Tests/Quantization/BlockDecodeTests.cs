using System.Buffers.Binary;
using Winnow.Formats;
using Winnow.Quantization;
using Winnow.Tensors;

namespace Winnow.Tests.Quantization;

public class BlockDecodeTests
{
    [Fact]
    public void Blocks_that_llama_cpp_wrote_decode_to_the_definition_bit_for_bit()
    {
        using GgufFile file = GgufFile.Open(SharedData.Path("models/lab-q4_k_m.gguf"));
        HashSet<TensorType> seen = [];
        foreach (TensorEntry tensor in file.Tensors.Values.Where(tensor => tensor.Type.BlockLength() > 1))
        {
            seen.Add(tensor.Type);
            for (long block = 0; block < tensor.ElementCount / tensor.Type.BlockLength(); block += 101)
            {
                byte[] bytes = tensor.Bytes(block * tensor.Type.BlockBytes(), tensor.Type.BlockBytes()).ToArray();
                BlockTypeTests.AssertDecodesToDefinition(tensor.Type, bytes, $"{tensor.Name}, block {block}");
            }
        }

        Assert.Equal([TensorType.Q5_0, TensorType.Q8_0, TensorType.Q4_K, TensorType.Q6_K], seen.Order());
    }

    [Fact]
    public void A_Q4_0_block_worked_out_by_hand()
    {
        byte[] block = new byte[18];
        BinaryPrimitives.WriteHalfLittleEndian(block, (Half)0.5f);
        block.AsSpan(2).Fill(0x88);
        block[2] = 0xF0;
        float[] values = Decode(TensorType.Q4_0, block);
        Assert.Equal(-4f, values[0]);
        Assert.Equal(3.5f, values[16]);
        Assert.Equal(30, values.Count(value => value == 0));
    }

    [Fact]
    public void A_Q4_K_block_worked_out_by_hand()
    {
        // d = 2, dmin = 1. Group 0: scale 3, minimum 5. Group 7: scale 33 = 1 + 32, minimum 18 = 2 + 16.
        byte[] block = new byte[144];
        BinaryPrimitives.WriteHalfLittleEndian(block, (Half)2f);
        BinaryPrimitives.WriteHalfLittleEndian(block.AsSpan(2), (Half)1f);
        block[4] = 3;
        block[4 + 4] = 5;
        block[4 + 3] = 2 << 6;
        block[4 + 7] = 1 << 6;
        block[4 + 11] = 1 | (2 << 4);
        block[16] = 0x07;
        block[16 + 3 * 32 + 31] = 0xF0;
        float[] values = Decode(TensorType.Q4_K, block);
        Assert.Equal(2 * 3 * 7 - 5, values[0]);
        Assert.Equal(-5, values[1]);
        Assert.Equal(0, values[32]);
        Assert.Equal(2 * 33 * 15 - 18, values[255]);
        Assert.Equal(-18, values[224]);
    }

    [Fact]
    public void A_Q6_K_block_worked_out_by_hand()
    {
        // d = 0.25, the scale of the last group is −128; its last quant is 63, all others are 0, which means −32.
        byte[] block = new byte[210];
        BinaryPrimitives.WriteHalfLittleEndian(block.AsSpan(208), (Half)0.25f);
        block[192 + 15] = 0x80;
        block[127] = 0xF0;
        block[128 + 63] = 0xC0;
        float[] values = Decode(TensorType.Q6_K, block);
        Assert.Equal(0.25f * -128 * 31, values[255]);
        Assert.Equal(0.25f * -128 * -32, values[254]);
        Assert.Equal(0, values[239]);
    }

    [Fact]
    public void Every_half_decodes_to_its_value()
    {
        byte[] bytes = new byte[2 << 16];
        for (int i = 0; i < 1 << 16; i++)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(2 * i), (ushort)i);
        }

        float[] values = Decode(TensorType.F16, bytes);
        for (int i = 0; i < values.Length; i++)
        {
            float expected = (float)BlockDefinition.Half(bytes, 2 * i);
            Assert.True(expected.Equals(values[i]), $"half 0x{i:X4} is {expected:R}, decoded as {values[i]:R}");
        }

        Assert.True(float.IsNegative(values[0x8000]));
    }

    [Fact]
    public void Plain_types_of_every_length_decode_each_element()
    {
        for (int length = 0; length <= 70; length++)
        {
            float[] values = [.. Enumerable.Range(0, length).Select(i => (i - 30) * 0.25f)];
            foreach (TensorType type in new[] { TensorType.F32, TensorType.F16, TensorType.BF16 })
            {
                byte[] bytes = new byte[type.SizeBytes(length)];
                BlockCodec.Encode(type, values, bytes);
                Assert.Equal(values, Decode(type, bytes));
            }
        }
    }

    [Fact]
    public unsafe void Mapped_memory_decodes_like_a_span()
    {
        byte[] bytes = new byte[2 * 34];
        new Random(5).NextBytes(bytes);
        BlockTypeTests.KeepScalesFinite(TensorType.Q8_0, bytes);
        float[] values = new float[64];
        fixed (byte* source = bytes)
        {
            BlockCodec.Decode(TensorType.Q8_0, source, values);
        }

        Assert.Equal(Decode(TensorType.Q8_0, bytes), values);
    }

    [Fact]
    public void Part_of_a_block_a_wrong_size_and_integers_are_refused()
    {
        Assert.Throws<ArgumentException>(() => BlockCodec.Decode(TensorType.Q4_K, new byte[144], new float[128]));
        Assert.Throws<ArgumentException>(() => BlockCodec.Decode(TensorType.Q8_0, new byte[33], new float[32]));
        Assert.Throws<ArgumentException>(() => BlockCodec.Decode(TensorType.Q8_0, new byte[68], new float[32]));
        Assert.Throws<ArgumentOutOfRangeException>(() => BlockCodec.Decode(TensorType.U8, new byte[1], new float[1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => BlockCodec.Decode((TensorType)99, new byte[4], new float[1]));
    }

    private static float[] Decode(TensorType type, byte[] bytes)
    {
        float[] values = new float[bytes.Length / type.BlockBytes() * type.BlockLength()];
        BlockCodec.Decode(type, bytes, values);
        return values;
    }
}
