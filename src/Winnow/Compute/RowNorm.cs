namespace Winnow.Compute;

/// <summary>A norm of rows, or of each head of a row, with its parameters.</summary>
/// <param name="Weight">[1, width]: the width of a row, or of a head.</param>
/// <param name="Bias">[1, width] of a layer norm that has one.</param>
/// <param name="Epsilon">What keeps the root from zero.</param>
/// <param name="SubtractsMean">True for a layer norm, false for a root-mean-square norm.</param>
internal sealed record RowNorm(Matrix Weight, Matrix? Bias, float Epsilon, bool SubtractsMean);
