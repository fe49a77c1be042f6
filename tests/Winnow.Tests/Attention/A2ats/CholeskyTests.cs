using Winnow.Compute.Host.Selection;

namespace Winnow.Tests.Attention.A2ats;

public class CholeskyTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(17)]
    [InlineData(64)]
    public void The_factor_is_lower_triangular_and_its_product_is_the_matrix(int n)
    {
        double[] matrix = SyntheticHeads.Moments(n, seed: n);
        double[] lower = Cholesky.Factor(matrix, n);
        for (int row = 0; row < n; row++)
        {
            for (int column = 0; column < n; column++)
            {
                double sum = 0;
                for (int k = 0; k < n; k++)
                {
                    sum += lower[(row * n) + k] * lower[(column * n) + k];
                }

                Assert.Equal(matrix[(row * n) + column], sum, 1e-9);
                Assert.True(column <= row || lower[(row * n) + column] == 0);
            }
        }
    }

    [Fact]
    public void A_row_vector_times_the_factor_is_solved_back()
    {
        const int N = 24;
        double[] lower = Cholesky.Factor(SyntheticHeads.Moments(N, seed: 3), N);
        double[] expected = [.. Enumerable.Range(0, N).Select(i => Math.Sin(i))];
        double[] product = new double[N];
        for (int column = 0; column < N; column++)
        {
            for (int row = 0; row < N; row++)
            {
                product[column] += expected[row] * lower[(row * N) + column];
            }
        }

        Cholesky.SolveRow(lower, product);
        for (int i = 0; i < N; i++)
        {
            Assert.Equal(expected[i], product[i], 1e-8);
        }
    }

    [Fact]
    public void A_matrix_that_is_not_positive_definite_is_refused() =>
        Assert.Throws<ArgumentException>(() => Cholesky.Factor([1, 2, 2, 1], 2));
}
