using System.Runtime.InteropServices;

namespace Winnow.Compute.Cpu;

/// <summary>Large blocks straight from the operating system: they come zeroed, and go back to it as a whole when they are freed.</summary>
/// <remarks>
/// The C library's heap keeps what was freed below a small block that is still in use, and takes blocks of 32 MiB from there once
/// some were freed: after a burst of sessions gigabytes stayed with the process.
/// </remarks>
internal static unsafe partial class SystemMemory
{
    /// <summary>Blocks from here on are worth a call of the system.</summary>
    public const int LeastBytes = 1 << 20;

    private const int ReadWrite = 0x1 | 0x2;
    private const int PrivateAnonymousOfLinux = 0x2 | 0x20;
    private const int PrivateAnonymousOfBsd = 0x2 | 0x1000;
    private const uint ReserveAndCommit = 0x1000 | 0x2000;
    private const uint Release = 0x8000;
    private const uint PageReadWrite = 0x4;

    /// <summary>Takes a block whose bytes are zero.</summary>
    /// <param name="sizeBytes">Its size; also to be given to <see cref="Free"/>.</param>
    /// <returns>A multiple of the system's page size, or null where there is not that much memory.</returns>
    public static void* Allocate(nuint sizeBytes)
    {
        if (SystemCalls.Windows)
        {
            return VirtualAlloc(null, sizeBytes, ReserveAndCommit, PageReadWrite);
        }

        if (!SystemCalls.Unix)
        {
            return AllocateFromHeap(sizeBytes);
        }

        void* block = mmap(null, sizeBytes, ReadWrite, OperatingSystem.IsLinux() ? PrivateAnonymousOfLinux : PrivateAnonymousOfBsd, -1, 0);
        return block == (void*)-1 ? null : block;
    }

    /// <summary>Gives a block back.</summary>
    public static void Free(void* block, nuint sizeBytes)
    {
        if (SystemCalls.Windows)
        {
            _ = VirtualFree(block, 0, Release);
        }
        else if (SystemCalls.Unix)
        {
            _ = munmap(block, sizeBytes);
        }
        else
        {
            NativeMemory.AlignedFree(block);
        }
    }

    private static void* AllocateFromHeap(nuint sizeBytes)
    {
        try
        {
            void* block = NativeMemory.AlignedAlloc(sizeBytes, (nuint)Environment.SystemPageSize);
            NativeMemory.Clear(block, sizeBytes);
            return block;
        }
        catch (OutOfMemoryException)
        {
            return null;
        }
    }

    [LibraryImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial void* mmap(void* address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int munmap(void* address, nuint length);

    [LibraryImport("kernel32")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial void* VirtualAlloc(void* address, nuint size, uint type, uint protection);

    [LibraryImport("kernel32")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int VirtualFree(void* address, nuint size, uint type);
}
