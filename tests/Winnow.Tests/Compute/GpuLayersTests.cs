using Winnow.Compute;

namespace Winnow.Tests.Compute;

public sealed class GpuLayersTests
{
    [Theory]
    [InlineData("all", "all")]
    [InlineData("auto", "auto")]
    [InlineData("0", "0")]
    [InlineData("012", "12")]
    public void Words_and_numbers_are_read(string text, string read)
    {
        Assert.True(GpuLayers.TryParse(text, out GpuLayers layers));
        Assert.Equal(read, layers.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("-1")]
    [InlineData("1.5")]
    [InlineData("Auto")]
    [InlineData("99999999999")]
    public void Anything_else_is_not(string text) => Assert.False(GpuLayers.TryParse(text, out _));

    [Fact]
    public void By_default_all_layers_are_meant() => Assert.Equal(GpuLayers.All, default);
}
