namespace Winnow.Sampling.Stages;

/// <summary>Adds a fixed bias to the logits of some tokens; negative infinity forbids one.</summary>
internal sealed class LogitBias
{
    private readonly KeyValuePair<int, float>[] biases;

    public LogitBias(IReadOnlyDictionary<int, float> biases) => this.biases = [.. biases];

    /// <summary>Adds the biases.</summary>
    /// <param name="logits">Logits, [vocabulary].</param>
    /// <exception cref="WinnowException">A bias is for a token that the vocabulary does not have.</exception>
    public void Apply(Span<float> logits)
    {
        foreach ((int token, float bias) in biases)
        {
            if (token >= logits.Length)
            {
                throw new WinnowException(
                    $"{nameof(SamplingOptions.LogitBias)} names token {token}, but the vocabulary ends at {logits.Length - 1}");
            }

            logits[token] += bias;
        }
    }
}
