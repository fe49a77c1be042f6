namespace Winnow.Compute;

/// <summary>The experts of one layer and how a token chooses among them.</summary>
/// <param name="Gate">Each [feedForward, hidden].</param>
/// <param name="Up">Each [feedForward, hidden].</param>
/// <param name="Down">Each [hidden, feedForward].</param>
/// <param name="Activation">The non-linearity of the gate.</param>
/// <param name="Used">Experts that each token takes: those with the highest scores, of equal ones the first.</param>
/// <param name="NormalizesWeights">Whether the weights of the experts taken are divided by their sum.</param>
public sealed record ExpertWeights(ExpertMatrix Gate, ExpertMatrix Up, ExpertMatrix Down, Activation Activation, int Used, bool NormalizesWeights)
{
    /// <summary>How many experts there are.</summary>
    public int Count => Gate.Count;
}
