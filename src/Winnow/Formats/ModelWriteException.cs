namespace Winnow.Formats;

/// <summary>A file could not be written: the disk is full, the folder is missing or not writable.</summary>
/// <remarks>Nothing half-written stays under the file's name.</remarks>
public sealed class ModelWriteException : WinnowException
{
    /// <summary>Creates an error about a file.</summary>
    /// <param name="path">The file that was to be written.</param>
    /// <param name="innerException">What the system reported.</param>
    public ModelWriteException(string path, Exception innerException)
        : base($"{path}: cannot be written: {innerException.Message}", innerException)
    {
        Path = path;
    }

    /// <summary>The file that was to be written.</summary>
    public string Path { get; }
}
