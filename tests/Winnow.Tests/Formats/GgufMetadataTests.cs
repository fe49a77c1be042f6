using Winnow.Formats;

namespace Winnow.Tests.Formats;

public class GgufMetadataTests
{
    [Fact]
    public void Only_values_that_GGUF_stores_are_taken()
    {
        GgufMetadata metadata = new("file");
        metadata.Set("nested", new object[] { new[] { 1 }, Array.Empty<string>() });
        metadata.Set("jagged", new[] { new[] { "a" } });
        object cyclic = new object[1];
        ((object[])cyclic)[0] = cyclic;
        object[] wrong =
        [
            1m, 'c', DateTime.UnixEpoch, new object(), DayOfWeek.Monday, new[] { 1m }, new int[1, 1], new object[] { 1 }, new string?[] { null },
            new object?[] { null }, new[] { DayOfWeek.Monday }, cyclic,
        ];
        foreach (object value in wrong)
        {
            Assert.Throws<ArgumentException>(() => metadata.Set("wrong", value));
        }
    }

    [Fact]
    public void An_array_is_given_as_the_type_that_it_has()
    {
        GgufMetadata metadata = new("file");
        metadata.Set("ids", new uint[] { uint.MaxValue });
        Assert.Equal([uint.MaxValue], metadata.GetArrayOrNull<uint>("ids")!);
        Assert.Throws<ModelFormatException>(() => metadata.GetArrayOrNull<int>("ids"));
        Assert.Null(metadata.GetArrayOrNull<int>("absent"));
    }

    [Fact]
    public void Integers_of_any_width_are_given_when_they_fit()
    {
        GgufMetadata metadata = new("file");
        metadata.Set("u8", (byte)8);
        metadata.Set("i64", -9L);
        metadata.Set("u32", uint.MaxValue);
        metadata.Set("u64", ulong.MaxValue);
        metadata.Set("text", "8");
        Assert.Equal(8, metadata.GetInt32("u8"));
        Assert.Equal(-9, metadata.GetInt32("i64"));
        Assert.Equal("file: metadata key 'u32' is 4294967295 (UInt32), but must be a 32-bit integer",
            Assert.Throws<ModelFormatException>(() => metadata.GetInt32("u32")).Message);
        Assert.Throws<ModelFormatException>(() => metadata.GetInt32("u64"));
        Assert.Throws<ModelFormatException>(() => metadata.GetInt32("text"));
        Assert.Equal("file: metadata key 'absent' is missing (an integer is needed)",
            Assert.Throws<ModelFormatException>(() => metadata.GetInt32("absent")).Message);
    }
}
