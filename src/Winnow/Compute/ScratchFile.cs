using System.Buffers;
using System.Globalization;
using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;

namespace Winnow.Compute;

/// <summary>Temporary bytes on disk, mapped into memory: only what is in use takes memory, and nothing is left of it when the process ends.</summary>
/// <remarks>
/// Only its owner may read the file, and no other process can come to share it. Where the system allows it (not on Windows) the
/// file has no name from the moment it is open, so that even a killed process leaves nothing; on Windows it is deleted when its
/// last handle is closed. Advice about residency is given on Linux; elsewhere the system decides alone.
/// </remarks>
internal sealed unsafe partial class ScratchFile : IDisposable
{
    /// <summary>Bytes at the end that nobody stores anything in: kernels may read a whole vector from where the last element begins.</summary>
    public const int TailBytes = 64;

    private const string Prefix = "winnow-";
    private const string Suffix = ".scratch";
    private const uint StartWriteback = 2;
    private const int WriteBytes = 8 << 20;

    /// <summary>What Linux maps at most when one byte is touched.</summary>
    private const long LargestUnit = 2 << 20;

    private readonly FileStream _stream;
    private readonly MemoryMappedFile _mapping;
    private readonly MemoryMappedViewAccessor _view;

    /// <summary>Creates a file of zeros and reserves its bytes, so that a disk that is too small is noticed here and not later.</summary>
    /// <param name="directory">Where.</param>
    /// <param name="sizeBytes">How large.</param>
    /// <exception cref="WinnowException">The disk is full, or the file cannot be created.</exception>
    public ScratchFile(string directory, long sizeBytes)
    {
        SizeBytes = sizeBytes;
        try
        {
            RemoveAbandoned(directory);
            CheckFreeSpace(directory, sizeBytes);
            string path = Path.Combine(directory, $"{Prefix}{Path.GetRandomFileName()}{Suffix}");
            _stream = Create(path, sizeBytes);
            if (SystemCalls.Unix)
            {
                File.Delete(path);
            }

            _stream.SetLength(sizeBytes);
            if (SystemCalls.Linux)
            {
                WriteZeros(_stream, sizeBytes);
            }

            _mapping = MemoryMappedFile.CreateFromFile(
                _stream, mapName: null, sizeBytes, MemoryMappedFileAccess.ReadWrite, HandleInheritability.None, leaveOpen: true);
            _view = _mapping.CreateViewAccessor(0, sizeBytes);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            _mapping?.Dispose();
            _stream?.Dispose();
            throw new WinnowException($"no scratch file can be made in {directory}: {e.Message}", e);
        }

        byte* data = null;
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref data);
        Data = data + _view.PointerOffset;
    }

    /// <summary>Lets the handles of a file that nobody disposed unmap and close it: they do so themselves once their pointer is returned.</summary>
    ~ScratchFile()
    {
        if (Data is not null)
        {
            _view.SafeMemoryMappedViewHandle.ReleasePointer();
        }
    }

    /// <summary>The first byte; null after disposal.</summary>
    public byte* Data { get; private set; }

    /// <summary>How large it is.</summary>
    public long SizeBytes { get; }

    /// <summary>
    /// Lets go of memory: the bytes are read from disk, or from the system's page cache, when they are next touched. So are those
    /// around them, which the system may have mapped together with them.
    /// </summary>
    public void Release(long offset, long length) => Advise(offset - LargestUnit, length + (2 * LargestUnit), PageAdvice.DontNeed);

    /// <summary>Asks for bytes to be read ahead.</summary>
    public void Prefetch(long offset, long length) => Advise(offset, length, PageAdvice.WillNeed);

    /// <summary>Starts writing bytes to the disk and does not wait, so that memory can be let go of cheaply later.</summary>
    public void StartWriting(long offset, long length)
    {
        if (SystemCalls.Linux)
        {
            // Nothing depends on it: the system writes sooner or later in any case.
            _ = sync_file_range((int)_stream.SafeFileHandle.DangerousGetHandle(), offset, length, StartWriteback);
        }
    }

    /// <summary>Bytes of the file that are mapped into this process's memory now, as the system counts them; null where it does not say.</summary>
    public long? MeasureResidentBytes()
    {
        if (!SystemCalls.Linux)
        {
            return null;
        }

        string start = string.Create(CultureInfo.InvariantCulture, $"{(nuint)Data:x}-");
        bool inside = false;
        foreach (string line in File.ReadLines("/proc/self/smaps"))
        {
            if (inside && line.StartsWith("Rss:", StringComparison.Ordinal))
            {
                return long.Parse(line.AsSpan("Rss:".Length).Trim().TrimEnd("kB").Trim(), CultureInfo.InvariantCulture) << 10;
            }

            inside |= line.StartsWith(start, StringComparison.Ordinal);
        }

        return 0;
    }

    /// <summary>How often this process has waited for the disk because memory that it touched was not there; 0 where the system does not say.</summary>
    public static long CountDiskWaits()
    {
        if (!SystemCalls.Linux || !Environment.Is64BitProcess)
        {
            return 0;
        }

        // struct rusage: two times of two words each, then counts, of which the sixth is that of major page faults.
        Span<long> usage = stackalloc long[18];
        fixed (long* first = usage)
        {
            return getrusage(0, first) == 0 ? usage[9] : 0;
        }
    }

    /// <summary>Unmaps and deletes the file.</summary>
    public void Dispose()
    {
        if (Data is not null)
        {
            Data = null;
            _view.SafeMemoryMappedViewHandle.ReleasePointer();
            _view.Dispose();
            _mapping.Dispose();
            _stream.Dispose();
            GC.SuppressFinalize(this);
        }
    }

    private static FileStream Create(string path, long sizeBytes)
    {
        FileStreamOptions options = new()
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Share = FileShare.None,
            BufferSize = 0,
            PreallocationSize = sizeBytes,
            Options = SystemCalls.Unix ? FileOptions.None : FileOptions.DeleteOnClose,
        };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return new FileStream(path, options);
    }

    /// <summary>
    /// Fills the system's page cache in large pieces. Linux keeps a file in units as large as it was written in, and maps or lets go
    /// of a unit at once: pages that come into being one by one, under keys and values that arrive token by token, cost ten
    /// times as much at each visit.
    /// </summary>
    private static void WriteZeros(FileStream stream, long sizeBytes)
    {
        byte[] zeros = ArrayPool<byte>.Shared.Rent((int)Math.Min(WriteBytes, sizeBytes));
        Array.Clear(zeros);
        for (long offset = 0; offset < sizeBytes; offset += zeros.Length)
        {
            RandomAccess.Write(stream.SafeFileHandle, zeros.AsSpan(0, (int)Math.Min(zeros.Length, sizeBytes - offset)), offset);
        }

        ArrayPool<byte>.Shared.Return(zeros);
    }

    /// <summary>Without this, reserving too much would take the last free byte from everyone else for a moment.</summary>
    private static void CheckFreeSpace(string directory, long sizeBytes)
    {
        string place = OperatingSystem.IsWindows() ? Path.GetPathRoot(Path.GetFullPath(directory))! : directory;
        long free = new DriveInfo(place).AvailableFreeSpace;
        if (free < sizeBytes)
        {
            throw new IOException($"{sizeBytes:N0} bytes are needed, but the disk has {free:N0} free");
        }
    }

    /// <summary>Deletes files of processes that were killed in the moment between creating a file and taking its name away.</summary>
    private static void RemoveAbandoned(string directory)
    {
        foreach (string path in Directory.EnumerateFiles(directory, $"{Prefix}*{Suffix}"))
        {
            try
            {
                // Whoever still uses the file holds it exclusively.
                new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None).Dispose();
                File.Delete(path);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // In use, or somebody else's.
            }
        }
    }

    /// <summary>Advice counts for whole pages.</summary>
    private void Advise(long offset, long length, int advice)
    {
        long first = Math.Max(0, offset);
        PageAdvice.Give(Data + first, Math.Min(offset + length, SizeBytes) - first, advice);
    }

    [LibraryImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int sync_file_range(int file, long offset, long length, uint flags);

    [LibraryImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int getrusage(int who, long* usage);
}
