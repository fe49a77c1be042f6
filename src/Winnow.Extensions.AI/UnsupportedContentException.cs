namespace Winnow.Extensions.AI;

/// <summary>A message holds what the model cannot read, an image or a sound for example. Nothing was computed.</summary>
public sealed class UnsupportedContentException : WinnowException
{
    /// <summary>Creates the error.</summary>
    /// <param name="messageIndex">Which message, from 0.</param>
    /// <param name="kind">What it holds: a media type, or the name of a content type.</param>
    public UnsupportedContentException(int messageIndex, string kind)
        : base($"message {messageIndex} holds {kind}, which text models cannot read; supported are text, reasoning, function calls and their results")
    {
        MessageIndex = messageIndex;
        Kind = kind;
    }

    /// <summary>Which message, from 0.</summary>
    public int MessageIndex { get; }

    /// <summary>What it holds: a media type, or the name of a content type.</summary>
    public string Kind { get; }
}
