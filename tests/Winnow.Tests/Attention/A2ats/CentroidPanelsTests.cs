using Winnow.Compute.Host.Selection;
using Winnow.Tests.InstructionSets;

namespace Winnow.Tests.Attention.A2ats;

[EveryInstructionSet]
public class CentroidPanelsTests
{
    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(15, 8, 2)]
    [InlineData(16, 64, 3)]
    [InlineData(33, 80, 4)]
    [InlineData(200, 128, 7)]
    public void Products_equal_those_of_the_definition_whatever_the_tail(int rows, int dimension, int vectors)
    {
        float[] matrix = SyntheticHeads.Rows(rows, dimension, seed: 1);
        float[] input = SyntheticHeads.Rows(vectors, dimension, seed: 2);
        CentroidPanels panels = new(matrix, dimension);
        float[] products = new float[vectors * panels.PaddedCount];
        panels.Multiply(input, products);
        for (int v = 0; v < vectors; v++)
        {
            for (int row = 0; row < panels.PaddedCount; row++)
            {
                double expected = row < rows ? SyntheticHeads.Dot(input.AsSpan(v * dimension, dimension), matrix.AsSpan(row * dimension, dimension)) : 0;
                Assert.Equal(expected, products[(v * panels.PaddedCount) + row], 1e-4);
            }
        }
    }

    [Theory]
    [InlineData(1, 5)]
    [InlineData(16, 4)]
    [InlineData(50, 9)]
    public void The_nearest_row_is_the_one_that_a_search_finds(int rows, int vectors)
    {
        const int Dimension = 24;
        float[] matrix = SyntheticHeads.Rows(rows, Dimension, seed: 3);
        float[] input = SyntheticHeads.Rows(vectors, Dimension, seed: 4);
        CentroidPanels panels = new(matrix, Dimension);
        float[] bias = Codebook.Bias(matrix, Dimension, panels.PaddedCount);
        ushort[] codes = new ushort[vectors];
        float[] costs = new float[vectors];
        panels.FindNearest(input, bias, codes, costs);
        for (int v = 0; v < vectors; v++)
        {
            double[] expected = [.. Enumerable.Range(0, rows).Select(row =>
                bias[row] - SyntheticHeads.Dot(input.AsSpan(v * Dimension, Dimension), matrix.AsSpan(row * Dimension, Dimension)))];
            Assert.Equal(expected.Min(), costs[v], 1e-4);
            Assert.Equal(expected.Min(), expected[codes[v]], 1e-4);
        }
    }

    [Fact]
    public void Of_equally_near_rows_the_first_is_taken()
    {
        float[] matrix = [.. Enumerable.Repeat(new[] { 1f, 2f }, 40).SelectMany(row => row)];
        CentroidPanels panels = new(matrix, 2);
        ushort[] codes = new ushort[3];
        panels.FindNearest([5, 1, 2, 2, 0, 0], Codebook.Bias(matrix, 2, panels.PaddedCount), codes, new float[3]);
        Assert.Equal([0, 0, 0], codes.Select(code => (int)code));
    }
}
