using Winnow.Tensors;

namespace Winnow.Tests.Formats;

public class TensorTypeTests
{
    [Fact]
    public void A_row_of_256_takes_the_bytes_of_the_published_layouts()
    {
        Assert.Equal(144, TensorType.Q4_K.SizeBytes(256));
        Assert.Equal(210, TensorType.Q6_K.SizeBytes(256));
        Assert.Equal(8 * 34, TensorType.Q8_0.SizeBytes(256));
        Assert.Throws<ArgumentException>(() => TensorType.Q4_K.SizeBytes(128));
    }
}
