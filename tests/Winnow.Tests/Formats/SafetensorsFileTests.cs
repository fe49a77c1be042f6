using System.Text;
using Winnow.Formats;

namespace Winnow.Tests.Formats;

public sealed class SafetensorsFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Every_dtype_is_read()
    {
        using SafetensorsFile file = SafetensorsFile.Open(_folder.Write("a.safetensors", SafetensorsImage.WithEverything()));
        Assert.Equal(new Dictionary<string, string> { ["format"] = "pt", ["note"] = "schön" }, file.Metadata);
        Assert.Equal([1.5f, -0.5f], file.Tensors["f64"].ToSingles());
        Assert.Equal([-1L, 1L << 40], file.Tensors["i64"].ToInt64s());
        Assert.Equal([1.5f, -0.5f], file.Tensors["f32"].ToSingles());
        Assert.Equal([-2L, 65_536], file.Tensors["i32"].ToInt64s());
        Assert.Equal([1.5f, -0.5f, MathF.Pow(2, -24)], file.Tensors["f16"].ToSingles());
        Assert.Equal([1.5f], file.Tensors["bf16"].ToSingles());
        Assert.Equal([-3L, 256], file.Tensors["i16"].ToInt64s());
        Assert.Equal([-4L, 5], file.Tensors["i8"].ToInt64s());
        Assert.Equal([251L, 6, 0], file.Tensors["u8"].ToInt64s());
        Assert.Equal([0L, 1], file.Tensors["bool"].ToInt64s());
        Assert.Empty(file.Tensors["none"].ToSingles());
        Assert.Equal([1, 2], file.Tensors["i64"].Shape);
        Assert.Empty(file.Tensors["bf16"].Shape);
        Assert.Equal([0, 7], file.Tensors["none"].Shape);
    }

    [Fact]
    public void A_tensor_of_another_type_than_needed_is_named()
    {
        string path = _folder.Write("a.safetensors", SafetensorsImage.WithEverything());
        using SafetensorsFile file = SafetensorsFile.Open(path);
        ModelFormatException error = Assert.Throws<ModelFormatException>(() => file.Tensors["u8"].ToSingles());
        Assert.Equal($"{path}: tensor 'u8' is U8, but must be F32, F16, BF16 or F64", error.Message);
    }

    [Fact]
    public void A_folder_or_its_index_opens_all_shards()
    {
        WriteShards("""{"metadata":{"total_size":2,"deep":[{"a":[1]}]},"weight_map":{"x":"one.safetensors","y":"two.safetensors"}}""");
        foreach (string path in new[] { _folder.Root, _folder.PathOf("model.safetensors.index.json") })
        {
            using SafetensorsFile file = SafetensorsFile.Open(path);
            Assert.Equal(path, file.Path);
            Assert.Equal(["x", "y"], file.Tensors.Keys.Order());
            Assert.Equal("1", file.Metadata["shard"]);
            Assert.Equal(11, file.Tensors["x"].Bytes(0, 1)[0]);
            Assert.Equal(22, file.Tensors["y"].Bytes(0, 1)[0]);
        }
    }

    [Theory]
    [InlineData("""{"weight_map":{"x":"one.safetensors","z":"two.safetensors"}}""", "says that tensor 'z' is in two.safetensors, but it is not")]
    [InlineData("""{"weight_map":{"x":"three.safetensors"}}""", "three.safetensors: no such file")]
    [InlineData("""{"weight_map":{"x":"../one.safetensors"}}""", "'../one.safetensors', which is no name of a file in the same folder")]
    [InlineData("""{"weight_map":{"x":"/one.safetensors"}}""", "which is no name of a file in the same folder")]
    [InlineData("""{"weight_map":{"x":".."}}""", "which is no name of a file in the same folder")]
    [InlineData("""{"weight_map":{"x":"one.safetensors","x":"one.safetensors"}}""", "has the tensor 'x' twice")]
    [InlineData("""{"weight_map":{"x":1}}""", "'x' must have a text, but has Number")]
    [InlineData("""{"weight_map":[]}""", "weight_map must be an object")]
    [InlineData("""{"weight_map":{}}""", "has no weight_map, or an empty one")]
    [InlineData("""{}""", "has no weight_map")]
    [InlineData("""[]""", "the index must be an object")]
    [InlineData("""{"weight_map":{"x":"one.safetensors"}""", "the index is not as it must be")]
    public void A_wrong_index_is_refused(string index, string expected)
    {
        WriteShards(index);
        Assert.Contains(expected, Assert.Throws<ModelFormatException>(() => SafetensorsFile.Open(_folder.Root).Dispose()).Message);
    }

    [Fact]
    public void A_folder_with_one_file_of_any_name_opens_it()
    {
        _folder.Write("adapter.safetensors", SafetensorsImage.WithEverything());
        using SafetensorsFile file = SafetensorsFile.Open(_folder.Root);
        Assert.Equal(11, file.Tensors.Count);
    }

    [Theory]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", "tensor 'a' lies from 0 to 4, but F32 [2] takes 8 bytes")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}""", "tensor 'a' lies from 4 to 0")]
    [InlineData("""{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,12]}}""", "tensor 'a' needs 12 bytes at offset 0, but the file has 8 bytes of data: it is incomplete")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", "tensor 'a' starts at 4, but the one before it ends at 0")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", "has 8 bytes of data, but its tensors take 4")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", "tensor 'b' starts at 4, but the one before it ends at 8")]
    [InlineData("""{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}""", "the shape of tensor 'a' must hold integers from 0")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}}""", "the shape of tensor 'a' must hold integers from 0")]
    [InlineData("""{"a":{"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,8]}}""", "the shape of tensor 'a' must hold integers from 0")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]}}""", "is larger than any file")]
    [InlineData("""{"a":{"dtype":"F32","shape":[9223372036854775807],"data_offsets":[0,8]}}""", "is larger than any file")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,2],"data_offsets":[0,8]}}""", "more than 16 numbers")]
    [InlineData("""{"a":{"dtype":"F8_E4M3","shape":[8],"data_offsets":[0,8]}}""", "tensor 'a' has the dtype F8_E4M3; supported are F64, F32")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2]}}""", "tensor 'a' lacks its dtype, shape or two data_offsets")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0]}}""", "tensor 'a' lacks its dtype, shape or two data_offsets")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"more":1}}""", "tensor 'a' has the field 'more'")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"shape":[2],"data_offsets":[0,8]}}""", "tensor 'a' has the field 'shape'")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", "'a' occurs twice")]
    [InlineData("""{"__metadata__":{"k":"1","k":"2"}}""", "has the key 'k' twice")]
    [InlineData("""{"__metadata__":{"k":1}}""", "'k' must have a text, but has Number")]
    [InlineData("""{"__metadata__":{},"__metadata__":{}}""", "'__metadata__' occurs twice")]
    [InlineData("""{"a":[]}""", "a must be an object, but is StartArray")]
    [InlineData("""{"a":{"dtype":[[[[[[[[[[1]]]]]]]]]]}}""", "must have a text, but has StartArray")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}} x""", "the header is not as it must be")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}""", "the header is not as it must be")]
    [InlineData("""{"\ud800":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", "the header is not as it must be")]
    public void A_wrong_header_is_refused(string json, string expected) => AssertRefused(SafetensorsImage.Of(json, new byte[8]), expected);

    [Fact]
    public void A_header_that_is_no_UTF8_is_refused() =>
        AssertRefused(SafetensorsImage.Of([.. "{\""u8, 0xFF, .. "\":{}}"u8], []), "the header is not as it must be");

    [Fact]
    public void A_header_longer_than_file_or_format_is_refused()
    {
        byte[] image = SafetensorsImage.WithEverything();
        BitConverter.TryWriteBytes(image, 100_000_000L);
        AssertRefused(image, "announces a header of 100,000,000 bytes, but the file ends after");
        BitConverter.TryWriteBytes(image, -1L);
        AssertRefused(image, "announces a header of 18,446,744,073,709,551,615 bytes, but the format allows 100,000,000");
    }

    [Fact]
    public void A_file_cut_anywhere_is_refused()
    {
        byte[] whole = SafetensorsImage.WithEverything();
        for (int length = 0; length < whole.Length; length++)
        {
            string path = _folder.Write("cut.safetensors", whole.AsSpan(0, length));
            Assert.Throws<ModelFormatException>(() => SafetensorsFile.Open(path).Dispose());
        }
    }

    [Fact]
    public void A_disposed_file_refuses_its_use()
    {
        SafetensorsFile file = SafetensorsFile.Open(_folder.Write("a.safetensors", SafetensorsImage.WithEverything()));
        TensorEntry tensor = file.Tensors["f32"];
        file.Dispose();
        file.Dispose();
        Assert.Throws<ObjectDisposedException>(() => file.Tensors);
        Assert.Throws<ObjectDisposedException>(() => tensor.ToSingles());
    }

    private void WriteShards(string index)
    {
        _folder.Write("one.safetensors", SafetensorsImage.Of(
            """{"__metadata__":{"shard":"1"},"x":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}""", [11]));

        // A tied copy of x, which the index does not name here.
        _folder.Write("two.safetensors", SafetensorsImage.Of(
            """{"x":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"y":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}""", [33, 22]));
        _folder.Write("model.safetensors.index.json", Encoding.UTF8.GetBytes(index));
    }

    private void AssertRefused(byte[] image, string expected)
    {
        string path = _folder.Write("wrong.safetensors", image);
        ModelFormatException error = Assert.Throws<ModelFormatException>(() => SafetensorsFile.Open(path).Dispose());
        Assert.StartsWith(path, error.Message);
        Assert.Contains(expected, error.Message);
    }
}
