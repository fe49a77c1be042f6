namespace Winnow.Sampling;

/// <summary>A grammar or JSON schema is malformed, uses something unsupported, or needs more memory than a grammar may take.</summary>
public sealed class GrammarException : WinnowException
{
    /// <summary>Creates an error about a grammar or schema as a whole, or about the part that the message names.</summary>
    public GrammarException(string message)
        : base(message)
    {
    }

    /// <summary>Creates an error that another one caused.</summary>
    public GrammarException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Creates an error about a place in a grammar's text, line and column counted from 1.</summary>
    public GrammarException(int line, int column, string problem)
        : base($"grammar, line {line}, column {column}: {problem}")
    {
        Line = line;
        Column = column;
    }

    /// <summary>The line of the grammar's text, counted from 1; 0 where the error has no such place.</summary>
    public int Line { get; }

    /// <summary>The column in that line, counted from 1; 0 where the error has no such place.</summary>
    public int Column { get; }
}
