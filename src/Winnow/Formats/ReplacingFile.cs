namespace Winnow.Formats;

/// <summary>
/// A file that appears under its name only when it is complete: it is written beside the target and renamed at the end, so
/// that a full disk, a cancellation or a crash leaves whatever was there before.
/// </summary>
internal sealed class ReplacingFile : IDisposable
{
    private const int BufferBytes = 1 << 20;

    /// <summary>Where a rename would put a file in the place of a device: the end of /dev/null, for one who may.</summary>
    private const string DeviceFolder = "/dev";

    private readonly string _path;
    private readonly string _temporaryPath;
    private readonly FileStream _stream;
    private bool _isCommitted;

    /// <summary>Creates the temporary file and reserves its bytes, so that a disk that is too small is noticed at once.</summary>
    /// <param name="path">The target; an existing file is replaced by <see cref="Commit"/>.</param>
    /// <param name="length">The final length; bytes that are never written stay zero.</param>
    /// <exception cref="ModelWriteException">The file cannot be created, or the disk is full.</exception>
    public ReplacingFile(string path, long length)
    {
        _path = path;
        string folder = Path.GetDirectoryName(Path.GetFullPath(path)) ?? "";
        _temporaryPath = Path.Combine(folder, $".{Path.GetFileName(path)}.{Path.GetRandomFileName()}.tmp");
        try
        {
            if (Directory.Exists(path))
            {
                throw new IOException("a folder has this name");
            }

            if (folder == DeviceFolder && !OperatingSystem.IsWindows())
            {
                throw new IOException("it is a device, or would lie among them");
            }

            if (!Directory.Exists(folder))
            {
                throw new DirectoryNotFoundException($"the folder '{folder}' does not exist");
            }

            // Without this, reserving too much would take the last free byte from everyone else for a moment.
            if (FreeBytes(folder) is long free && free < length)
            {
                throw new IOException($"{length:N0} bytes are needed, but the disk has {free:N0} free");
            }

            _stream = new FileStream(_temporaryPath, new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                BufferSize = BufferBytes,
                PreallocationSize = length,
            });
            _stream.SetLength(length);
        }
        catch (Exception e) when (IsSystemError(e))
        {
            Dispose();
            throw new ModelWriteException(path, e);
        }
    }

    /// <summary>Writes bytes at an offset.</summary>
    /// <exception cref="ModelWriteException">The disk is full or failed.</exception>
    public void Write(long offset, ReadOnlySpan<byte> bytes)
    {
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
            throw new ModelWriteException(_path, e);
        }
    }

    /// <summary>Puts the file under its name, once its bytes are on the disk.</summary>
    /// <exception cref="ModelWriteException">The disk is full or failed, or the target cannot be replaced.</exception>
    public void Commit()
    {
        try
        {
            _stream.Flush(flushToDisk: true);
            _stream.Dispose();
            File.Move(_temporaryPath, _path, overwrite: true);
            _isCommitted = true;
        }
        catch (Exception e) when (IsSystemError(e))
        {
            throw new ModelWriteException(_path, e);
        }
    }

    /// <summary>Removes the temporary file, unless it was committed.</summary>
    public void Dispose()
    {
        if (_isCommitted)
        {
            return;
        }

        try
        {
            _stream?.Dispose();
        }
        catch (IOException)
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

    private static bool IsSystemError(Exception e) => e is IOException or UnauthorizedAccessException;
}
