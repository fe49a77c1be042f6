namespace Winnow.Lab.Evaluation;

/// <summary>How well a model predicts a text.</summary>
/// <param name="Tokens">Tokens that were predicted and scored.</param>
/// <param name="MeanNegativeLogLikelihood">Mean of −ln p(token | what came before in its window), in nats.</param>
public readonly record struct PerplexityResult(int Tokens, double MeanNegativeLogLikelihood)
{
    /// <summary>The exponential of the mean negative log-likelihood.</summary>
    public double Perplexity => Math.Exp(MeanNegativeLogLikelihood);
}
