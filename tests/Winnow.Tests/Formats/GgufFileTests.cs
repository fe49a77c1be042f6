using Winnow.Formats;
using Winnow.Tensors;

namespace Winnow.Tests.Formats;

public sealed class GgufFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void Every_kind_of_metadata_value_is_read(int version)
    {
        GgufImage image = GgufImage.WithEverything();
        image.Version = (uint)version;
        using GgufFile file = Open(image);
        Assert.Equal(version, file.Version);
        (string Key, object Value)[] expected =
        [
            ("general.architecture", "llama"),
            ("value.u8", (byte)200),
            ("value.i8", (sbyte)-100),
            ("value.u16", (ushort)60_000),
            ("value.i16", (short)-30_000),
            ("value.u32", 4_000_000_000u),
            ("value.i32", -2_000_000_000),
            ("value.f32", 1.5f),
            ("value.bool", true),
            ("value.u64", ulong.MaxValue),
            ("value.i64", long.MinValue),
            ("value.f64", -0.1),
            ("list.text", new[] { "a", "", "schön 🙂" }),
            ("list.f32", new[] { 0.25f, float.NegativeInfinity }),
            ("list.bool", new[] { false, true }),
            ("list.nested", new object[] { new[] { -1, -2 }, new[] { "inner" } }),
            ("list.empty", Array.Empty<uint>()),
        ];
        Assert.Equal(expected.Select(pair => pair.Key), file.Metadata.Select(pair => pair.Key));
        foreach ((string key, object value) in expected)
        {
            Assert.True(file.Metadata.TryGet(key, out object? found));
            Assert.Equal(value.GetType(), found.GetType());
            Assert.Equal(value, found);
        }
    }

    [Fact]
    public void Tensors_are_row_major_views_of_the_mapped_bytes()
    {
        GgufImage image = GgufImage.WithEverything();
        using GgufFile file = Open(image);
        Assert.Equal(["matrix", "quants", "half"], file.Tensors.Keys);
        TensorEntry matrix = file.Tensors["matrix"];
        Assert.Equal(TensorType.F32, matrix.Type);
        Assert.Equal([2, 4], matrix.Shape);
        Assert.Equal(image.Data.AsSpan(0, 32), matrix.Bytes(0, 32));
        TensorEntry quants = file.Tensors["quants"];
        Assert.Equal([2, 2, 32], quants.Shape);
        Assert.Equal(4 * 34, quants.SizeBytes);
        Assert.Equal(image.Data.AsSpan(32 + 135, 1), quants.Bytes(135, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => quants.Bytes(136, 1).Length);
    }

    [Fact]
    public void The_alignment_of_the_file_places_its_data()
    {
        GgufImage image = new GgufImage { Alignment = 256, Data = new byte[260] }.UInt32("general.alignment", 256).Tensor("a", 24, 256, 4);
        image.Data[256] = 42;
        using GgufFile file = Open(image);
        Assert.Equal(42, file.Tensors["a"].Bytes(0, 1)[0]);
    }

    [Fact]
    public void Tensors_beyond_two_gigabytes_are_reached_and_none_is_read_at_open()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "files are not sparse by default: this would write gigabytes");
        const long Gigabytes = 3L << 30;
        byte[] header = new GgufImage().Tensor("big", 24, 0, Gigabytes).Tensor("last", 0, Gigabytes, 1).ToArray();
        string path = _folder.Write("big.gguf", header);
        using (FileStream stream = File.OpenWrite(path))
        {
            stream.Position = header.Length + Gigabytes;
            stream.Write([0, 0, 128, 63]);
        }

        long allocatedBefore = GC.GetAllocatedBytesForCurrentThread();
        using GgufFile file = GgufFile.Open(path);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - allocatedBefore, 0, 1 << 20);
        Assert.Equal(Gigabytes, file.Tensors["big"].SizeBytes);
        Assert.Equal(0, file.Tensors["big"].Bytes(Gigabytes - 1, 1)[0]);
        Assert.Equal([1f], file.Tensors["last"].ToSingles());
    }

    [Fact]
    public void A_file_without_tensors_is_a_vocabulary()
    {
        using GgufFile file = Open(new GgufImage().Text("general.architecture", "llama"));
        Assert.Empty(file.Tensors);
    }

    [Theory]
    [InlineData("-00001-of-00003")]
    [InlineData("-00002-of-00003")]
    [InlineData("-00003-of-00003")]
    public void Any_part_of_a_split_file_opens_all_parts(string part)
    {
        WriteParts();
        using GgufFile file = GgufFile.Open(_folder.PathOf($"model{part}.gguf"));
        Assert.Equal("llama", file.Metadata.GetString("general.architecture"));
        Assert.Equal(["a", "b", "c"], file.Tensors.Keys);
        Assert.Equal([10, 20, 30], file.Tensors.Values.Select(tensor => tensor.Bytes(0, 1)[0]));
    }

    [Fact]
    public void A_split_file_with_a_part_missing_says_which()
    {
        WriteParts();
        File.Delete(_folder.PathOf("model-00002-of-00003.gguf"));
        string message = Refusal(_folder.PathOf("model-00001-of-00003.gguf"));
        Assert.Contains("model-00002-of-00003.gguf: no such file: part 2 of the 3 parts", message);
    }

    [Fact]
    public void Parts_that_do_not_belong_together_are_refused()
    {
        WriteParts(tensorsAnnounced: 4);
        Assert.Contains("'split.tensors.count' is 4, but the 3 parts hold 3", Refusal(_folder.PathOf("model-00001-of-00003.gguf")));
        WriteParts();
        File.Copy(_folder.PathOf("model-00003-of-00003.gguf"), _folder.PathOf("model-00002-of-00003.gguf"), overwrite: true);
        Assert.Contains("'split.no' and 'split.count' are 2 and 3, but a part of this name must have 1 and 3", Refusal(_folder.PathOf("model-00001-of-00003.gguf")));
        File.Move(_folder.PathOf("model-00001-of-00003.gguf"), _folder.PathOf("renamed.gguf"));
        Assert.Contains("must end with '-00001-of-00003.gguf'", Refusal(_folder.PathOf("renamed.gguf")));
    }

    [Fact]
    public void A_tensor_in_two_parts_is_refused()
    {
        WriteParts(lastName: "a");
        Assert.Contains("tensor 'a' is in another part", Refusal(_folder.PathOf("model-00001-of-00003.gguf")));
    }

    [Fact]
    public void A_disposed_file_refuses_its_use()
    {
        GgufFile file = Open(GgufImage.WithEverything());
        TensorEntry tensor = file.Tensors["matrix"];
        file.Dispose();
        file.Dispose();
        Assert.Throws<ObjectDisposedException>(() => file.Tensors);
        Assert.Throws<ObjectDisposedException>(() => file.Metadata);
        Assert.Throws<ObjectDisposedException>(() => tensor.Bytes(0, 1).Length);
    }

    [Fact]
    public void A_disposed_file_can_be_replaced()
    {
        string path = _folder.Write("model.gguf", GgufImage.WithEverything().ToArray());
        GgufFile.Open(path).Dispose();
        using FileStream exclusive = new(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        Assert.True(exclusive.Length > 0);
    }

    private void WriteParts(int tensorsAnnounced = 3, string lastName = "c")
    {
        string[] names = ["a", "b", lastName];
        for (int part = 0; part < names.Length; part++)
        {
            GgufImage image = new() { Data = [(byte)(10 * (part + 1)), 0, 0, 0] };
            if (part == 0)
            {
                image.Text("general.architecture", "llama");
            }

            image.UInt16("split.no", (ushort)part).UInt16("split.count", 3)
                .Pair("split.tensors.count", 5, writer => writer.Write(tensorsAnnounced))
                .Tensor(names[part], 24, 0, 4);
            _folder.Write($"model-{part + 1:D5}-of-00003.gguf", image.ToArray());
        }
    }

    private GgufFile Open(GgufImage image) => GgufFile.Open(_folder.Write("model.gguf", image.ToArray()));

    private static string Refusal(string path) => Assert.Throws<ModelFormatException>(() => GgufFile.Open(path)).Message;
}
