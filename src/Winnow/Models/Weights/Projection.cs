using Winnow.Compute;

namespace Winnow.Models.Weights;

/// <summary>A linear map.</summary>
/// <param name="Weight">[outputs, inputs].</param>
/// <param name="Bias">[1, outputs], or null.</param>
internal sealed record Projection(Weight Weight, Matrix? Bias);
