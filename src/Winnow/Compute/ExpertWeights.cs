namespace Winnow.Compute;

/// <summary>The experts of one layer and how a token chooses among them.</summary>
/// <param name="Gate">One for each expert, [feedForward, hidden].</param>
/// <param name="Up">One for each expert, [feedForward, hidden].</param>
/// <param name="Down">One for each expert, [hidden, feedForward].</param>
/// <param name="Activation">The non-linearity of the gate.</param>
/// <param name="Used">Experts that each token takes: those with the highest scores, of equal ones the first.</param>
/// <param name="NormalizesWeights">Whether the weights of the experts taken are divided by their sum.</param>
public sealed record ExpertWeights(
    IReadOnlyList<Weight> Gate, IReadOnlyList<Weight> Up, IReadOnlyList<Weight> Down, Activation Activation, int Used, bool NormalizesWeights)
{
    /// <summary>How many experts there are.</summary>
    public int Count => Gate.Count;
}
