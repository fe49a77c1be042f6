namespace Winnow.Formats;

/// <summary>A model file is damaged, incomplete or not of a supported kind.</summary>
/// <remarks>The message names the file, the key or tensor, the value found and what is allowed.</remarks>
public sealed class ModelFormatException : WinnowException
{
    /// <summary>Creates an error about a file.</summary>
    /// <param name="path">The file, as the user named it.</param>
    /// <param name="problem">What is wrong in it: key or tensor, value found, what is allowed.</param>
    public ModelFormatException(string path, string problem)
        : base(OneLine($"{path}: {problem}"))
    {
        Path = path;
    }

    /// <summary>Creates an error about a file that another error caused.</summary>
    public ModelFormatException(string path, string problem, Exception innerException)
        : base(OneLine($"{path}: {problem}"), innerException)
    {
        Path = path;
    }

    /// <summary>The file at fault.</summary>
    public string Path { get; }

    /// <summary>What a damaged file holds must neither break the line nor reach a terminal as control characters.</summary>
    private static string OneLine(string message) =>
        message.Any(char.IsControl) ? string.Concat(message.Select(c => char.IsControl(c) ? ' ' : c)) : message;
}
