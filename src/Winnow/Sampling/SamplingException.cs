namespace Winnow.Sampling;

/// <summary>No token can be chosen: the model's logits are not numbers, or every token is ruled out.</summary>
public sealed class SamplingException : WinnowException
{
    /// <summary>Creates an error with a message that says what was wrong with the logits.</summary>
    public SamplingException(string message)
        : base(message)
    {
    }
}
