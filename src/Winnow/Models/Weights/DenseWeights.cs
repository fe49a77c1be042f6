using Winnow.Compute;

namespace Winnow.Models.Weights;

/// <summary>A feed-forward block: down(activation(gate) · up), or down(activation(up)).</summary>
/// <param name="Size">The inner width.</param>
/// <param name="GateUp">Gate (of gated blocks) and up projections.</param>
/// <param name="Norm">The norm before the down projection, or null.</param>
/// <param name="Down">The down projection.</param>
internal sealed record DenseWeights(int Size, ProjectionGroup GateUp, RowNorm? Norm, Projection Down)
{
    /// <summary>The parameters of an activation that learnt some, or null.</summary>
    public Xielu? Xielu { get; init; }
}
