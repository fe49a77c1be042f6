namespace Winnow.Models;

/// <summary>A model is of an architecture that this version does not run.</summary>
public sealed class UnsupportedArchitectureException : WinnowException
{
    /// <summary>Creates the error.</summary>
    /// <param name="path">The file, as the user named it.</param>
    /// <param name="architecture">What the file says that it is.</param>
    /// <param name="supported">What is supported, in the words of the file's format.</param>
    public UnsupportedArchitectureException(string path, string architecture, IEnumerable<string> supported)
        : base($"{path}: architecture '{(architecture.Length > 200 ? architecture[..200] + '…' : architecture)}' is not supported; supported are {string.Join(", ", supported)}")
    {
        Path = path;
        Architecture = architecture;
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>What the file says that it is.</summary>
    public string Architecture { get; }
}
