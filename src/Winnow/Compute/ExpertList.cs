namespace Winnow.Compute;

/// <summary>Experts as single weights: for a device that takes them one after the other.</summary>
/// <param name="weights">One for each expert, all of one shape and type.</param>
internal sealed class ExpertList(Weight[] weights)
    : ExpertMatrix(weights[0].Name, weights[0].Type, weights.Length, weights[0].Outputs, weights[0].Inputs)
{
    /// <summary>The weight of an expert.</summary>
    public Weight this[int expert] => weights[expert];

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => Array.ForEach(weights, weight => weight.Dispose());
}
