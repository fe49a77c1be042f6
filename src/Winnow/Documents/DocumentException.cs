namespace Winnow.Documents;

/// <summary>A file cannot be read as text: it is something else, empty, damaged or too large. The message names it and says what to do.</summary>
public sealed class DocumentException : WinnowException
{
    /// <summary>Creates an error about a file.</summary>
    /// <param name="path">The file, as the user named it.</param>
    /// <param name="problem">What it is, and what is needed: "is a ZIP archive, no text".</param>
    public DocumentException(string path, string problem)
        : base($"{path} {problem}")
    {
        Path = path;
    }

    /// <summary>Creates an error about a file that another error caused.</summary>
    public DocumentException(string path, string problem, Exception innerException)
        : base($"{path} {problem}", innerException)
    {
        Path = path;
    }

    /// <summary>The file at fault.</summary>
    public string Path { get; }
}
