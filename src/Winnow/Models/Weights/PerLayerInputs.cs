using Winnow.Compute;

namespace Winnow.Models.Weights;

/// <summary>What makes the vectors that tokens have for each layer: an embedding, and a projection of the usual one.</summary>
/// <param name="Embedding">[vocabulary, layers · width].</param>
/// <param name="Projection">[layers · width, hidden].</param>
/// <param name="Norm">The norm of each layer's part of the projection.</param>
internal sealed record PerLayerInputs(Weight Embedding, Weight Projection, RowNorm Norm);
