namespace Winnow;

/// <summary>
/// What was asked for in a text cannot be: an attention specification, a grammar or a JSON schema that is malformed, or names what there
/// is not. The message says what, where, and what there is: whoever wrote the text can correct it.
/// </summary>
/// <remarks>Values that are set in code are checked by their properties, which throw an <see cref="ArgumentOutOfRangeException"/>.</remarks>
public sealed class InvalidOptionException : WinnowException
{
    /// <summary>Creates an error about a text, or the part of it that the message names.</summary>
    public InvalidOptionException(string message)
        : base(message)
    {
    }

    /// <summary>Creates an error that another one caused.</summary>
    public InvalidOptionException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
