using Winnow.Compute.Host.Selection;

namespace Winnow.Tests.Attention;

public class PoolingTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(31)]
    public void Pools_look_at_the_neighbours_on_both_sides(int width)
    {
        for (int count = 1; count < 70; count++)
        {
            Random random = new(count);
            float[] source = [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() - 0.5f)];
            float[] pooled = new float[count];

            Pooling.Max(source, width, pooled);
            Assert.Equal(source.Select((_, i) => Neighbours(source, i, width).Max()), pooled);

            Pooling.Average(source, width, pooled);
            Assert.Equal(source.Select((_, i) => Neighbours(source, i, width).Aggregate(0f, (sum, value) => sum + value) / width), pooled);
        }
    }

    private static IEnumerable<float> Neighbours(float[] source, int centre, int width) =>
        Enumerable.Range(centre - (width / 2), width).Where(i => i >= 0 && i < source.Length).Select(i => source[i]);
}
