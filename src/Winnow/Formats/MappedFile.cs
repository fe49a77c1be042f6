using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Winnow.Formats;

/// <summary>A file mapped read-only into the address space, so that pages are read when they are first touched; or read into memory as a whole.</summary>
internal sealed unsafe class MappedFile : IDisposable
{
    /// <summary>A page, so that a file in memory is aligned as a mapped one.</summary>
    private const int Alignment = 4096;

    /// <summary>What is read at once, between two looks at the cancellation.</summary>
    private const int ReadBytes = 64 << 20;

    private readonly SafeFileHandle? _handle;
    private readonly DateTime _written;
    private readonly MemoryMappedFile? _mapping;
    private readonly MemoryMappedViewAccessor? _view;
    private readonly byte* _data;
    private int _disposed;

    private MappedFile(string path, SafeFileHandle handle, long length)
    {
        Path = path;
        Length = length;
        _handle = handle;
        _written = File.GetLastWriteTimeUtc(handle);
        _mapping = MemoryMappedFile.CreateFromFile(
            handle, mapName: null, length, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
        try
        {
            // Exactly the bytes that every later check is made against, even if the file grows meanwhile.
            _view = _mapping.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
        }
        catch
        {
            _mapping.Dispose();
            throw;
        }

        // Never released by a finalizer: raw pointers into the mapping may outlive this object's last reference, and a
        // mapping that stays until the process ends is better than one that vanishes under a reader.
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _data);
        _data += _view.PointerOffset;
    }

    private MappedFile(string path, byte* data, long length)
    {
        Path = path;
        Length = length;
        _data = data;
    }

    public string Path { get; }

    public long Length { get; }

    public bool IsDisposed => _disposed != 0;

    /// <summary>Maps a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="expected">What the caller reads, for errors: "a GGUF file".</param>
    /// <exception cref="ModelFormatException">The path is missing, a folder, empty, or cannot be read.</exception>
    public static MappedFile Open(string path, string expected) => Open(path, expected, handle => new MappedFile(path, handle, RandomAccess.GetLength(handle)));

    /// <summary>Reads a file into memory.</summary>
    /// <param name="path">The file.</param>
    /// <param name="expected">What the caller reads, for errors.</param>
    /// <param name="cancellation">Stops the reading.</param>
    /// <exception cref="ModelFormatException">The path is missing, a folder, empty, or cannot be read.</exception>
    /// <exception cref="WinnowException">The system has not that much memory.</exception>
    public static MappedFile Read(string path, string expected, CancellationToken cancellation) => Open(path, expected, handle =>
    {
        using (handle)
        {
            long length = RandomAccess.GetLength(handle);
            byte* data = Allocate(path, length);
            try
            {
                for (long offset = 0; offset < length;)
                {
                    cancellation.ThrowIfCancellationRequested();
                    int read = RandomAccess.Read(handle, new Span<byte>(data + offset, (int)Math.Min(ReadBytes, length - offset)), offset);
                    offset += read > 0 ? read : throw new EndOfStreamException("it became shorter while it was read");
                }

                return new MappedFile(path, data, length);
            }
            catch
            {
                NativeMemory.AlignedFree(data);
                throw;
            }
        }
    });

    private static byte* Allocate(string path, long length)
    {
        try
        {
            return (byte*)NativeMemory.AlignedAlloc(checked((nuint)length), Alignment);
        }
        catch (OutOfMemoryException e)
        {
            throw new WinnowException($"{path}: {length:N0} bytes of memory are needed to read it, but the system does not give them", e);
        }
    }

    private static MappedFile Open(string path, string expected, Func<SafeFileHandle, MappedFile> use)
    {
        if (Directory.Exists(path))
        {
            throw new ModelFormatException(path, $"is a folder, but {expected} is needed");
        }

        FileInfo file = new(path);
        if (file.LinkTarget is not null)
        {
            file = ResolveLink(file, path);
        }

        if (!file.Exists)
        {
            throw new ModelFormatException(path, "no such file");
        }

        // Asked before opening: pipes and devices also have no length, and opening a pipe can wait for ever.
        if (file.Length == 0)
        {
            throw new ModelFormatException(path, $"is empty, but {expected} is needed");
        }

        try
        {
            SafeFileHandle handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            try
            {
                return use(handle);
            }
            catch
            {
                handle.Dispose();
                throw;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new ModelFormatException(path, $"cannot be read: {e.Message}", e);
        }
    }

    /// <summary>A part of the file.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The part does not lie inside the file.</exception>
    public ReadOnlySpan<byte> Bytes(long offset, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, Length - length);
        return new ReadOnlySpan<byte>(Pointer(offset), length);
    }

    /// <summary>The address of a byte, or of the end of the file.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The offset does not lie inside the file.</exception>
    public byte* Pointer(long offset)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, typeof(ITensorFile));
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, Length);
        return _data + offset;
    }

    /// <summary>Lets go of bytes that somebody has copied: a mapped file's need not stay in memory, and come back when they are read again.</summary>
    public void LetGo(byte* data, long length)
    {
        // Pages at the ends may hold what others read.
        nint page = Environment.SystemPageSize;
        nint first = ((nint)data + page - 1) / page * page;
        nint end = ((nint)data + (nint)length) / page * page;
        if (_view is not null)
        {
            PageAdvice.Give((byte*)first, end - first, PageAdvice.DontNeed);
        }
    }

    /// <summary>Closes the file and keeps it mapped, for those who map many states of it.</summary>
    public void ReleaseHandle() => _mapping?.Dispose();

    /// <summary>Looks whether the file has the length and the time that it had when it was mapped. One that was read is what it was.</summary>
    /// <exception cref="ModelFormatException">It was changed in place, and reading on might end the process.</exception>
    /// <exception cref="ObjectDisposedException">The file was disposed, or its handle released.</exception>
    public void CheckUnchanged()
    {
        if (_handle is not null && (RandomAccess.GetLength(_handle) != Length || File.GetLastWriteTimeUtc(_handle) != _written))
        {
            throw new ModelFormatException(
                Path, "was changed while it was in use: load it anew. Put another file in its place by renaming (mv), never by copying over it (cp)");
        }
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            if (_view is null)
            {
                NativeMemory.AlignedFree(_data);
                return;
            }

            _view.SafeMemoryMappedViewHandle.ReleasePointer();
            _view.Dispose();
            _mapping!.Dispose();
        }
    }

    private static FileInfo ResolveLink(FileInfo link, string path)
    {
        try
        {
            return link.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? link;
        }
        catch (IOException e)
        {
            throw new ModelFormatException(path, $"cannot be read: {e.Message}", e);
        }
    }
}
