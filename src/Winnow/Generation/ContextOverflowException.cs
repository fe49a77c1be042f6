namespace Winnow.Generation;

/// <summary>A prompt does not fit into the session's context. Nothing was truncated and nothing was changed.</summary>
public sealed class ContextOverflowException : WinnowException
{
    /// <summary>Creates the error.</summary>
    /// <param name="promptTokens">Tokens that the prompt needs.</param>
    /// <param name="contextLength">Tokens that the session can hold.</param>
    public ContextOverflowException(int promptTokens, int contextLength)
        : base($"the prompt has {promptTokens} tokens, but the context holds {contextLength} (one is needed for the answer); " +
            "shorten the prompt, or raise the context length up to what the model supports")
    {
        PromptTokens = promptTokens;
        ContextLength = contextLength;
    }

    /// <summary>Tokens that the prompt needs.</summary>
    public int PromptTokens { get; }

    /// <summary>Tokens that the session can hold.</summary>
    public int ContextLength { get; }
}
