using System.IO.MemoryMappedFiles;
using Microsoft.Win32.SafeHandles;

namespace Winnow.Formats;

/// <summary>A file mapped read-only into the address space: pages are read when they are first touched.</summary>
internal sealed unsafe class MappedFile : IDisposable
{
    private readonly MemoryMappedFile _mapping;
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _data;
    private int _disposed;

    private MappedFile(string path, SafeFileHandle handle, long length)
    {
        Path = path;
        Length = length;
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

    public string Path { get; }

    public long Length { get; }

    public bool IsDisposed => _disposed != 0;

    /// <summary>Maps a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="expected">What the caller reads, for errors: "a GGUF file".</param>
    /// <exception cref="ModelFormatException">The path is missing, a folder, empty, or cannot be read.</exception>
    public static MappedFile Open(string path, string expected)
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
                return new MappedFile(path, handle, RandomAccess.GetLength(handle));
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

    /// <summary>Closes the file and keeps it mapped, for those who map many states of it.</summary>
    public void ReleaseHandle() => _mapping.Dispose();

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            _view.SafeMemoryMappedViewHandle.ReleasePointer();
            _view.Dispose();
            _mapping.Dispose();
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
