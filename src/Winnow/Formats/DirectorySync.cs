using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Winnow.Formats;

/// <summary>Puts the names in a folder on the disk, which is apart from putting the files there: a rename survives a power cut after that.</summary>
internal static partial class DirectorySync
{
    private const int ReadOnly = 0;

    /// <summary>Waits until the names are on the disk.</summary>
    /// <returns>False where that cannot be asked for: on Windows, whose file systems write names down themselves, or without the right to read the folder.</returns>
    /// <exception cref="IOException">The disk failed.</exception>
    public static bool TryFlush(string folder)
    {
        // .NET opens no folders.
        int descriptor = SystemCalls.Unix ? Open(folder, ReadOnly) : -1;
        if (descriptor < 0)
        {
            return false;
        }

        using SafeFileHandle handle = new(descriptor, ownsHandle: true);
        RandomAccess.FlushToDisk(handle);
        return true;
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Open(string path, int flags);
}
