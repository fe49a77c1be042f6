namespace Winnow.Formats;

/// <summary>
/// A file that appears under its name only when it is complete: it is written beside the target and renamed at the end, so
/// that a full disk, a cancellation or a crash leaves whatever was there before.
/// </summary>
/// <remarks>One writer of a target at a time, of all processes; what a writer that died left behind, the next one removes.</remarks>
internal sealed class ReplacingFile : IDisposable
{
    private const int BufferBytes = 1 << 20;

    private readonly string _path;
    private readonly string _temporaryPath;
    private readonly FileLock? _ownLock;
    private readonly FileStream _stream;
    private bool _isCommitted;

    /// <summary>Creates the temporary file and reserves its bytes, so that a disk that is too small is noticed at once.</summary>
    /// <param name="path">The target; an existing file is replaced by <see cref="Commit"/>.</param>
    /// <param name="length">The final length, bytes that are never written stay zero; 0 for a file that grows as it is written.</param>
    /// <exception cref="WinnowException">The file cannot be created, another writer has the target, or the disk is full.</exception>
    public ReplacingFile(string path, long length)
        : this(path, length, held: null)
    {
    }

    /// <summary>Creates the temporary file of a target that the caller may have the right to write already.</summary>
    internal ReplacingFile(string path, long length, FileLock? held)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        _path = path;
        _temporaryPath = FileLock.NameBeside(path, "tmp");
        _ownLock = held is null ? FileLock.Take(path) : null;
        try
        {
            // Nobody else writes now: whatever has this name was left behind.
            File.Delete(_temporaryPath);

            // Without this, reserving too much would take the last free byte from everyone else for a moment.
            if (FreeBytes(Path.GetDirectoryName(_temporaryPath)!) is long free && free < length)
            {
                throw new IOException($"{length:N0} bytes are needed, but the disk has {free:N0} free");
            }

            _stream = new FileStream(_temporaryPath, new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.ReadWrite,
                BufferSize = BufferBytes,
                PreallocationSize = length,
            });
            HiddenFiles.Add(_temporaryPath);
            _stream.SetLength(length);
        }
        catch (Exception e) when (IsSystemError(e))
        {
            Dispose();
            throw CannotBeWritten(path, e);
        }
    }

    /// <summary>The bytes, for those who write from the beginning to the end; errors are the system's own.</summary>
    public Stream Stream => _stream;

    /// <summary>Writes bytes at an offset.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The offset is negative.</exception>
    /// <exception cref="WinnowException">The disk is full or failed.</exception>
    public void Write(long offset, ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        try
        {
            // A move, even to the same place, flushes the buffer.
            if (_stream.Position != offset)
            {
                _stream.Position = offset;
            }

            _stream.Write(bytes);
        }
        catch (Exception e) when (IsSystemError(e))
        {
            throw CannotBeWritten(_path, e);
        }
    }

    /// <summary>Puts the file under its name, once its bytes are on the disk, lets other writers in, and waits until the name is on the disk too.</summary>
    /// <exception cref="WinnowException">The disk is full or failed, or the target cannot be replaced.</exception>
    public void Commit()
    {
        try
        {
            _stream.Flush(flushToDisk: true);
            _stream.Dispose();
            File.Move(_temporaryPath, _path, overwrite: true);
            HiddenFiles.Remove(_temporaryPath);
            _isCommitted = true;
            _ownLock?.Dispose();
            DirectorySync.TryFlush(Path.GetDirectoryName(_temporaryPath)!);
        }
        catch (Exception e) when (IsSystemError(e))
        {
            throw CannotBeWritten(_path, e);
        }
    }

    /// <summary>Removes the temporary file and lets other writers in, unless it was committed.</summary>
    public void Dispose()
    {
        if (!_isCommitted)
        {
            RemoveTemporary();
            _ownLock?.Dispose();
        }
    }

    private void RemoveTemporary()
    {
        HiddenFiles.Remove(_temporaryPath);
        try
        {
            _stream?.Dispose();
        }
        catch (Exception e) when (IsSystemError(e))
        {
            // The buffer did not fit on the disk: its bytes are of no use any more.
        }

        try
        {
            File.Delete(_temporaryPath);
        }
        catch (Exception e) when (IsSystemError(e))
        {
            // The error that led here says more than this one.
        }
    }

    private static long? FreeBytes(string folder)
    {
        try
        {
            return new DriveInfo(OperatingSystem.IsWindows() ? Path.GetPathRoot(folder)! : folder).AvailableFreeSpace;
        }
        catch (Exception e) when (IsSystemError(e) || e is ArgumentException)
        {
            // Network shares of Windows have no drive to ask.
            return null;
        }
    }

    /// <summary>The error of a file that cannot be written: the disk is full, the folder is missing or not writable. Nothing half-written stays under its name.</summary>
    /// <param name="path">The file that was to be written.</param>
    /// <param name="error">What the system reported.</param>
    internal static WinnowException CannotBeWritten(string path, Exception error) => new($"{path}: cannot be written: {error.Message}", error);

    /// <summary>Whether the system refuses, and not the caller errs.</summary>
    internal static bool IsSystemError(Exception e) => e is IOException or UnauthorizedAccessException || IsBeyondLimit(e);

    /// <summary>
    /// Whether a file would be longer than its file system or its process allows. .NET blames an argument 'value' for this (EFBIG),
    /// also where a call has none of that name: an offset that is wrong has another, or is refused before.
    /// </summary>
    private static bool IsBeyondLimit(Exception e) => e is ArgumentOutOfRangeException { ParamName: "value" };
}
