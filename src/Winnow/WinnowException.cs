namespace Winnow;

/// <summary>The base of every error that the engine raises for a reason a user can act on.</summary>
public class WinnowException : Exception
{
    /// <summary>Creates an error with a message that says what is wrong, where, and what to do.</summary>
    public WinnowException(string message)
        : base(message)
    {
    }

    /// <summary>Creates an error that another one caused.</summary>
    public WinnowException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
