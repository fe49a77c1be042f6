using Winnow.Compute;

namespace Winnow.Models.Weights;

/// <summary>A norm's parameters.</summary>
/// <param name="Weight">[1, width].</param>
/// <param name="Bias">[1, width] of a layer norm that has one.</param>
internal sealed record Norm(Matrix Weight, Matrix? Bias = null);
