namespace Winnow.Sampling;

/// <summary>A token and how probable the model found it.</summary>
/// <param name="Token">The token's id.</param>
/// <param name="LogProbability">The natural logarithm of its probability under the model's unmodified logits.</param>
public readonly record struct TokenLogProbability(int Token, float LogProbability);
