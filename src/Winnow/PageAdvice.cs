using System.Runtime.InteropServices;

namespace Winnow;

/// <summary>Tells Linux how pages of the address space will be used. Elsewhere, and where the system refuses, nothing happens.</summary>
internal static unsafe partial class PageAdvice
{
    /// <summary>They are wanted soon.</summary>
    public const int WillNeed = 3;

    /// <summary>They need not be in memory: those of a file are read again when they are touched.</summary>
    public const int DontNeed = 4;

    /// <summary>They had better be of 2 MiB.</summary>
    public const int HugePage = 14;

    /// <summary>Gives advice for all pages that the bytes [data, data + length) touch.</summary>
    public static void Give(byte* data, long length, int advice)
    {
        if (SystemCalls.Linux && length > 0)
        {
            nint before = (nint)data % Environment.SystemPageSize;
            _ = madvise(data - before, (nuint)(length + before), advice);
        }
    }

    [LibraryImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int madvise(void* address, nuint length, int advice);
}
