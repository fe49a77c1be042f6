namespace Winnow.Compute.Host.Selection;

/// <summary>H = L · Lᵀ with a lower triangular L, in double: in single precision the small pivots of H are lost.</summary>
internal static class Cholesky
{
    /// <summary>Factors a symmetric positive definite matrix.</summary>
    /// <param name="matrix">[n, n].</param>
    /// <param name="n">Rows.</param>
    /// <returns>L, [n, n], zero above the diagonal.</returns>
    /// <exception cref="NotPositiveDefiniteException">The matrix is not positive definite.</exception>
    public static double[] Factor(ReadOnlySpan<double> matrix, int n)
    {
        double[] lower = new double[n * n];
        for (int row = 0; row < n; row++)
        {
            for (int column = 0; column <= row; column++)
            {
                double sum = matrix[(row * n) + column];
                for (int k = 0; k < column; k++)
                {
                    sum -= lower[(row * n) + k] * lower[(column * n) + k];
                }

                if (row != column)
                {
                    lower[(row * n) + column] = sum / lower[(column * n) + column];
                }
                else if (sum > 0)
                {
                    lower[(row * n) + row] = Math.Sqrt(sum);
                }
                else
                {
                    throw new NotPositiveDefiniteException(row, sum);
                }
            }
        }

        return lower;
    }

    /// <summary>Solves x · L = b for a row vector, in place.</summary>
    /// <param name="lower">L, [n, n].</param>
    /// <param name="vector">b, [n]; becomes x.</param>
    public static void SolveRow(ReadOnlySpan<double> lower, Span<double> vector)
    {
        int n = vector.Length;
        for (int column = n - 1; column >= 0; column--)
        {
            double sum = vector[column];
            for (int row = column + 1; row < n; row++)
            {
                sum -= vector[row] * lower[(row * n) + column];
            }

            vector[column] = sum / lower[(column * n) + column];
        }
    }
}
