namespace Winnow.Compute;

/// <summary>A scratch file cannot be made, mostly because the disk is full.</summary>
public sealed class ScratchFileException(string directory, Exception innerException)
    : WinnowException($"no scratch file can be made in {directory}: {innerException.Message}", innerException);
