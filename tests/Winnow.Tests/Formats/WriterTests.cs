using Winnow.Formats;
using Winnow.Tensors;

namespace Winnow.Tests.Formats;

/// <summary>What our writers write: equal to what the formats' own libraries wrote, whole or not there at all.</summary>
public sealed class WriterTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("models/lab-q4_k_m.gguf")]
    [InlineData("models/stories260k/stories260k-f32.gguf")]
    [InlineData("tokenizers/ggml-vocab-gpt-2.gguf")]
    [InlineData("tokenizers/ggml-vocab-bert-bge.gguf")]
    public void A_GGUF_written_again_has_the_bytes_that_llama_cpp_wrote(string path)
    {
        path = SharedData.Path(path);
        string copy = _folder.PathOf("copy.gguf");
        CopyGguf(path, copy);
        AssertSameBytes(path, copy);
    }

    [Fact]
    public void A_GGUF_with_every_kind_of_value_survives_a_copy()
    {
        string image = _folder.Write("image.gguf", GgufImage.WithEverything().ToArray());
        string copy = _folder.PathOf("copy.gguf");
        CopyGguf(image, copy);
        AssertSameBytes(image, copy);
    }

    [Theory]
    [InlineData("models/tiny/qwen3/model.safetensors")]
    [InlineData("models/lab/model.safetensors")]
    [InlineData("models/stories260k/golden.safetensors")]
    public void A_safetensors_written_again_has_the_bytes_of_the_original(string path)
    {
        path = SharedData.Path(path);
        string copy = _folder.PathOf("copy.safetensors");
        using (SafetensorsFile source = SafetensorsFile.Open(path))
        {
            using SafetensorsWriter writer = new(copy, source.Metadata);
            foreach (TensorEntry tensor in source.Tensors.Values)
            {
                writer.Declare(tensor.Name, tensor.Type, [.. tensor.Shape]);
            }

            foreach (string name in source.Tensors.Keys.Reverse())
            {
                writer.Write(name, source.Tensors[name]);
            }

            writer.Complete();
        }

        AssertSameBytes(path, copy);
    }

    [Fact]
    public void Alignment_is_that_of_the_metadata()
    {
        GgufMetadata metadata = new("none");
        metadata.Set("general.alignment", 1024u);
        string path = _folder.PathOf("aligned.gguf");
        using (GgufWriter writer = new(path, metadata))
        {
            writer.Declare("a", TensorType.I8, 3);
            writer.Declare("b", TensorType.I8, 2);
            writer.Write("a", [1, 2]);
            writer.Write("b", [4, 5]);
            writer.Write("a", [3]);
            writer.Complete();
        }

        Assert.Equal(3 * 1024, new FileInfo(path).Length);
        using GgufFile file = GgufFile.Open(path);
        Assert.Equal(new byte[] { 1, 2, 3 }, file.Tensors["a"].Bytes(0, 3));
        Assert.Equal(new byte[] { 4, 5 }, file.Tensors["b"].Bytes(0, 2));
        Assert.Equal([4, 5], File.ReadAllBytes(path)[2048..2050]);
    }

    [Fact]
    public void Safetensors_places_wide_elements_first_and_keeps_awkward_names()
    {
        string path = _folder.PathOf("mixed.safetensors");
        using (SafetensorsWriter writer = new(path, new Dictionary<string, string> { ["quote\""] = "line\n\u0001🙂" }))
        {
            writer.Declare("codes", TensorType.U8, 3);
            writer.Declare("ü \"x\"", TensorType.F32);
            writer.Declare("none", TensorType.F32, 0);
            writer.Write("codes", [7, 8, 9]);
            writer.Write("ü \"x\"", [0, 0, 128, 63]);
            writer.Complete();
        }

        byte[] bytes = File.ReadAllBytes(path);
        Assert.Equal([0, 0, 128, 63, 7, 8, 9], bytes[^7..]);
        Assert.Equal(0, (bytes.Length - 7) % 8);
        using SafetensorsFile file = SafetensorsFile.Open(path);
        Assert.Equal("line\n\u0001🙂", file.Metadata["quote\""]);
        Assert.Equal([1f], file.Tensors["ü \"x\""].ToSingles());
        Assert.Equal(0, file.Tensors["none"].SizeBytes);
    }

    [Fact]
    public void Nothing_changes_under_the_name_before_the_file_is_complete()
    {
        string path = _folder.Write("model.gguf", "before"u8);
        using (GgufWriter writer = new(path, new GgufMetadata("none")))
        {
            writer.Declare("a", TensorType.F32, 1);
            writer.Write("a", [1, 2]);
            Assert.Equal("before"u8, File.ReadAllBytes(path));
            Assert.Contains("takes 4 bytes, but 2 were written", Assert.Throws<InvalidOperationException>(writer.Complete).Message);
        }

        Assert.Equal("before"u8, File.ReadAllBytes(path));
        Assert.Equal(["model.gguf"], _folder.Names());
    }

    [Fact]
    public void Each_tensor_gets_exactly_its_bytes()
    {
        using SafetensorsWriter writer = new(_folder.PathOf("a.safetensors"));
        writer.Declare("a", TensorType.F32, 1);
        Assert.Throws<ArgumentException>(() => writer.Write("b", [1]));
        Assert.Throws<ArgumentException>(() => writer.Write("a", [1, 2, 3, 4, 5]));
        writer.Write("a", [1, 2, 3, 4]);
        Assert.Throws<ArgumentException>(() => writer.Write("a", [5]));
        Assert.Throws<InvalidOperationException>(() => writer.Declare("late", TensorType.F32, 1));
        writer.Complete();
        Assert.Equal(["a.safetensors"], _folder.Names());
    }

    [Fact]
    public void Tensors_that_a_format_does_not_have_are_refused_when_declared()
    {
        using GgufWriter gguf = new(_folder.PathOf("a.gguf"), new GgufMetadata("none"));
        gguf.Declare("a", TensorType.F32, 1);
        Assert.Throws<ArgumentException>(() => gguf.Declare("a", TensorType.F32, 1));
        Assert.Throws<ArgumentException>(() => gguf.Declare("b", TensorType.U8, 1));
        Assert.Throws<ArgumentException>(() => gguf.Declare("b", TensorType.Q4_K, 128));
        Assert.Throws<ArgumentException>(() => gguf.Declare("b", TensorType.Q4_K));
        Assert.Throws<ArgumentException>(() => gguf.Declare("b", TensorType.F32, 0));
        Assert.Throws<ArgumentException>(() => gguf.Declare("b", TensorType.F32, 1, 1, 1, 1, 1));
        Assert.Throws<ArgumentException>(() => gguf.Declare(new string('n', 64), TensorType.F32, 1));
        using SafetensorsWriter safetensors = new(_folder.PathOf("a.safetensors"));
        Assert.Throws<ArgumentException>(() => safetensors.Declare("a", TensorType.Q8_0, 32));
        Assert.Throws<ArgumentException>(() => safetensors.Declare("a", TensorType.F32, -1));
        Assert.Throws<ArgumentException>(() => safetensors.Declare("__metadata__", TensorType.F32, 1));
        Assert.Empty(_folder.Names());
    }

    [Fact]
    public void A_disk_that_is_too_small_is_one_clear_error_and_leaves_nothing()
    {
        const long Elements = 1L << 41;
        Assert.SkipWhen(new DriveInfo(_folder.Root).AvailableFreeSpace > Elements, "the disk has room for terabytes");
        string path = _folder.PathOf("huge.gguf");
        using (GgufWriter writer = new(path, new GgufMetadata("none")))
        {
            writer.Declare("a", TensorType.F32, Elements);
            WinnowException error = Assert.Throws<WinnowException>(() => writer.Write("a", [1]));
            Assert.StartsWith($"{path}: cannot be written: 8,796,093,022,272 bytes are needed, but the disk has ", error.Message);
        }

        Assert.Empty(_folder.Names());
    }

    [Fact]
    public void A_target_that_cannot_be_written_is_named()
    {
        using GgufWriter folder = new(_folder.Root, new GgufMetadata("none"));
        Assert.Contains("a folder has this name", Assert.Throws<WinnowException>(folder.Complete).Message);
        using GgufWriter nowhere = new(_folder.PathOf("no/where.gguf"), new GgufMetadata("none"));
        Assert.Contains("does not exist", Assert.Throws<WinnowException>(nowhere.Complete).Message);
    }

    private static void CopyGguf(string from, string to)
    {
        using GgufFile source = GgufFile.Open(from);
        using GgufWriter writer = new(to, source.Metadata);
        foreach (TensorEntry tensor in source.Tensors.Values)
        {
            writer.Declare(tensor.Name, tensor.Type, [.. tensor.Shape]);
        }

        foreach (TensorEntry tensor in source.Tensors.Values)
        {
            writer.Write(tensor.Name, tensor);
        }

        writer.Complete();
    }

    private static void AssertSameBytes(string expected, string actual)
    {
        byte[] left = File.ReadAllBytes(expected);
        byte[] right = File.ReadAllBytes(actual);
        int same = left.AsSpan().CommonPrefixLength(right);
        Assert.True(left.Length == right.Length && same == left.Length, $"{left.Length} and {right.Length} bytes, which differ from {same} on");
    }
}
