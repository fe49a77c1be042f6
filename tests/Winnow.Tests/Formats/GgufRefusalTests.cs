using Winnow.Formats;
using Winnow.Tensors;

namespace Winnow.Tests.Formats;

/// <summary>Each wrong file is one clear error that names what was found and what is allowed.</summary>
public sealed class GgufRefusalTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1, "has GGUF version 1; the versions 2 and 3 are supported")]
    [InlineData(4, "has GGUF version 4")]
    [InlineData(0x03000000, "big-endian")]
    public void A_version_that_is_not_read_is_named(uint version, string expected) =>
        AssertRefused(new GgufImage { Version = version }, expected);

    [Fact]
    public void Counts_that_the_file_cannot_hold_are_refused_before_anything_is_allocated()
    {
        AssertRefused(new GgufImage { TensorCount = ulong.MaxValue }, "the number of tensors is 18,446,744,073,709,551,615, but at most 0");
        AssertRefused(new GgufImage { KeyCount = 1ul << 40 }, "the number of metadata keys is 1,099,511,627,776");
        AssertRefused(
            new GgufImage { Data = new byte[64] }.Pair("ids", 9, writer =>
            {
                writer.Write(5u);
                writer.Write(1ul << 62);
            }),
            "the length of array 'ids' is 4,611,686,018,427,387,904");
        AssertRefused(new GgufImage().Pair("text", 8, writer => writer.Write(1ul << 33)), "text: a text of 8,589,934,592 bytes");
        AssertRefused(new GgufImage().Pair("text", 8, writer => writer.Write(1000ul)), "text: 1,000 bytes are announced");
    }

    [Fact]
    public void Wrong_metadata_is_refused()
    {
        AssertRefused(new GgufImage().UInt32("a", 1).UInt32("a", 2), "metadata key 'a' occurs twice");
        AssertRefused(new GgufImage().UInt32("", 1), "metadata key 0 is empty");
        AssertRefused(new GgufImage().Pair("a", 13, writer => writer.Write(0ul)), "'a' has value type 13");
        AssertRefused(new GgufImage().Pair("a", 7, writer => writer.Write((byte)2)), "the bool 2");
        AssertRefused(
            new GgufImage().Pair("a", 8, writer =>
            {
                writer.Write(2ul);
                writer.Write((ushort)0xFFFF);
            }),
            "no valid UTF-8");
        AssertRefused(
            new GgufImage().Pair("deep", 9, writer =>
            {
                for (int depth = 0; depth < 10_000; depth++)
                {
                    writer.Write(9u);
                    writer.Write(1ul);
                }
            }),
            "'deep' nests arrays deeper than 8");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(48)]
    public void An_impossible_alignment_is_refused(uint alignment) =>
        AssertRefused(new GgufImage().UInt32("general.alignment", alignment), $"'general.alignment' is {alignment}, but must be a power of two");

    [Fact]
    public void Wrong_tensors_are_refused()
    {
        GgufImage Image() => new() { Data = new byte[64] };
        AssertRefused(Image().Tensor("", 0, 0, 1), "the name of tensor 0 is empty");
        AssertRefused(Image().Tensor("a", 0, 0, 4).Tensor("a", 0, 32, 4), "tensor 'a' occurs twice");
        AssertRefused(Image().Tensor("a", 0, 0, 9).Tensor("b", 0, 32, 4), "tensors 'a' and 'b' overlap");
        AssertRefused(Image().Tensor("a", 0, 4, 4), "tensor 'a' lies at offset 4, which is no multiple of the alignment 32");
        AssertRefused(Image().Tensor("a", 0, 32, 9), "tensor 'a' needs 36 bytes at offset 32, but the file has 64 bytes of data");
        AssertRefused(Image().Tensor("a", 0, ulong.MaxValue / 32 * 32, 9), "tensor 'a' lies at offset");
        AssertRefused(Image().Tensor("a", 0, long.MaxValue / 32 * 32, 9), "tensor 'a' needs 36 bytes at offset");
        AssertRefused(Image().Tensor("a", 0, 0, 1, 1, 1, 1, 1), "tensor 'a' has 5 dimensions, but at most 4");
        AssertRefused(Image().Tensor("a", 0, 0, 4, 0), "extent 0, but extents must be positive");
        AssertRefused(Image().Tensor("a", 0, 0, ulong.MaxValue), "extent -1, but extents must be positive");
        AssertRefused(Image().Tensor("a", 0, 0, 1ul << 32, 1ul << 32), "[4294967296, 4294967296] is larger than any file");
        AssertRefused(Image().Tensor("a", 0, 0, 1ul << 62), "is larger than any file");
        AssertRefused(Image().Tensor("a", 8, 0, 16, 2), "[2, 16], whose rows are no multiple of the 32 in a block of Q8_0");
        AssertRefused(Image().Tensor("a", 8, 0), "[], whose rows are no multiple of the 32");
        AssertRefused(Image().Tensor("a", 31, 0, 256), "tensor 'a' has the type Q4_0 in an order of its own (31, no longer in use); supported are F32, F16, Q4_0");
        AssertRefused(Image().Tensor("a", (uint)TensorType.U8, 0, 4), "tensor 'a' has the type 1000");
        AssertRefused(Image().Tensor("a", uint.MaxValue, 0, 4), "tensor 'a' has the type 4294967295");
    }

    [Fact]
    public void A_file_cut_anywhere_is_refused()
    {
        byte[] whole = GgufImage.WithEverything().ToArray();
        for (int length = 4; length < whole.Length; length++)
        {
            string path = _folder.Write("cut.gguf", whole.AsSpan(0, length));
            Assert.Throws<ModelFormatException>(() => GgufFile.Open(path).Dispose());
        }
    }

    private void AssertRefused(GgufImage image, string expected)
    {
        string path = _folder.Write("wrong.gguf", image.ToArray());
        ModelFormatException error = Assert.Throws<ModelFormatException>(() => GgufFile.Open(path).Dispose());
        Assert.Equal(path, error.Path);
        Assert.StartsWith(path, error.Message);
        Assert.Contains(expected, error.Message);
    }
}
