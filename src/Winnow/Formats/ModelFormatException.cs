using System.Text;

namespace Winnow.Formats;

/// <summary>A model file is missing, damaged, incomplete, or of a kind or architecture that is not supported.</summary>
/// <remarks>The message names the file, the key or tensor, the value found and what is allowed.</remarks>
public sealed class ModelFormatException : WinnowException
{
    /// <summary>Characters of a quotation that are repeated.</summary>
    private const int MaxQuotation = 200;

    /// <summary>Characters of a whole problem: names, shapes and lists of what is supported.</summary>
    private const int MaxLength = 1600;

    /// <summary>Creates an error about a file.</summary>
    /// <param name="path">The file, as the user named it.</param>
    /// <param name="problem">What is wrong in it: key or tensor, value found, what is allowed.</param>
    public ModelFormatException(string path, string problem)
        : base(OneLine(path, problem))
    {
        Path = path;
    }

    /// <summary>Creates an error about a file that another error caused.</summary>
    public ModelFormatException(string path, string problem, Exception innerException)
        : base(OneLine(path, problem), innerException)
    {
        Path = path;
    }

    private ModelFormatException(string message, string path, string architecture)
        : base(message)
    {
        Path = path;
        UnsupportedArchitecture = architecture;
    }

    /// <summary>The file at fault.</summary>
    public string Path { get; }

    /// <summary>What the file says that it is, where this version does not run models of that architecture; null where something else is wrong.</summary>
    public string? UnsupportedArchitecture { get; }

    /// <summary>The error of a model of an architecture without a descriptor.</summary>
    /// <param name="path">The file, as the user named it.</param>
    /// <param name="architecture">What the file says that it is.</param>
    /// <param name="supported">What is supported, in the words of the file's format.</param>
    internal static ModelFormatException Unsupported(string path, string architecture, IEnumerable<string> supported) => new(
        $"{path}: architecture '{(architecture.Length > MaxQuotation ? $"{architecture[..MaxQuotation]}…" : architecture)}' is not supported; supported are {string.Join(", ", supported)}",
        path,
        architecture);

    /// <summary>What a damaged file holds must neither break the line nor reach a terminal as control characters, nor fill it.</summary>
    private static string OneLine(string path, string problem)
    {
        string message = $"{path}: {Cut(problem)}";
        return message.Any(char.IsControl) ? string.Concat(message.Select(c => char.IsControl(c) ? ' ' : c)) : message;
    }

    /// <summary>Shortens what stands between two apostrophes, and the whole where it is still too long.</summary>
    private static string Cut(string problem)
    {
        if (problem.Length <= MaxQuotation)
        {
            return problem;
        }

        StringBuilder message = new();
        string[] parts = problem.Split('\'');
        for (int i = 0; i < parts.Length; i++)
        {
            message.Append(i == 0 ? "" : "'").Append(parts[i].Length <= MaxQuotation ? parts[i] : $"{parts[i][..MaxQuotation]}…");
            if (message.Length > MaxLength)
            {
                return $"{message.ToString(0, MaxLength)}…";
            }
        }

        return message.ToString();
    }
}
