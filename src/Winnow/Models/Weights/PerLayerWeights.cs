using Winnow.Compute;

namespace Winnow.Models.Weights;

/// <summary>How a layer adds its own vector of each token to the residual stream (Gemma 3n and 4).</summary>
/// <param name="Gate">What the vector is multiplied with, after the activation, [width, hidden].</param>
/// <param name="Projection">[hidden, width].</param>
/// <param name="Norm">The norm of the projection.</param>
internal sealed record PerLayerWeights(Weight Gate, Weight Projection, RowNorm Norm);
