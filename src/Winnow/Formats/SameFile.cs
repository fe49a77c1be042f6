using Microsoft.Win32.SafeHandles;

namespace Winnow.Formats;

/// <summary>Whether two paths lead to one file: by another spelling, through links, or as a second name of it (hard link).</summary>
internal static class SameFile
{
    /// <summary>Refuses to write over what is read.</summary>
    /// <param name="output">The file that is to be written; it need not exist.</param>
    /// <param name="inputs">The files that are read.</param>
    /// <exception cref="WinnowException">The output is one of the inputs.</exception>
    public static void Refuse(string output, IEnumerable<string> inputs)
    {
        if (File.Exists(output) && inputs.FirstOrDefault(input => Is(output, input)) is { } same)
        {
            throw ReplacingFile.CannotBeWritten(output, new IOException($"it is the input ({same}): name another file"));
        }
    }

    /// <summary>Whether both paths lead to the same file; false where one of them is missing.</summary>
    public static bool Is(string first, string second)
    {
        try
        {
            return Resolved(first) == Resolved(second) || (Traits(first) == Traits(second) && IsLockedBy(first, second));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static string Resolved(string path) => (new FileInfo(path).ResolveLinkTarget(returnFinalTarget: true) ?? new FileInfo(path)).FullName;

    private static (long Length, DateTime Written, DateTime Created) Traits(string path)
    {
        using SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        return (RandomAccess.GetLength(file), File.GetLastWriteTimeUtc(file), File.GetCreationTimeUtc(file));
    }

    /// <summary>Files have no number that .NET tells; but who opens a file for himself alone keeps others from its second name too.</summary>
    private static bool IsLockedBy(string first, string second)
    {
        SafeFileHandle alone;
        try
        {
            alone = File.OpenHandle(first, FileMode.Open, FileAccess.Read, FileShare.None);
        }
        catch (IOException)
        {
            // Somebody reads it, so that this cannot be tried out: equal to the tick in all that is known is the same.
            return true;
        }

        using (alone)
        {
            try
            {
                File.OpenHandle(second, FileMode.Open, FileAccess.Read, FileShare.ReadWrite).Dispose();
                return false;
            }
            catch (IOException)
            {
                return true;
            }
        }
    }
}
