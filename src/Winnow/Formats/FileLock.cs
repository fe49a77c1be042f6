using System.Diagnostics;

namespace Winnow.Formats;

/// <summary>The right to write a file: one writer at a time has it, of all processes, by a hidden file beside the target that it holds open.</summary>
/// <remarks>A process that dies leaves the hidden file and no lock: the next writer takes it over and removes it at the end.</remarks>
internal sealed class FileLock : IDisposable
{
    /// <summary>Where a rename would put a file in the place of a device: the end of /dev/null, for one who may.</summary>
    private const string DeviceFolder = "/dev";

    /// <summary>Long enough for a writer of a small file to end, short enough to be told soon that somebody writes a model.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);
    private readonly FileStream _stream;

    private FileLock(FileStream stream)
    {
        _stream = stream;
        HiddenFiles.Add(stream.Name);
    }

    /// <summary>Waits a moment for the right to write a file.</summary>
    /// <param name="path">The target; it need not exist.</param>
    /// <param name="patience">How long to wait; null for two seconds.</param>
    /// <exception cref="WinnowException">No file can be written there, or another writer does not end.</exception>
    public static FileLock Take(string path, TimeSpan? patience = null)
    {
        try
        {
            CheckTarget(path);
            string name = NameBeside(path, "lock");
            for (long start = Stopwatch.GetTimestamp(); ; Thread.Sleep(Interval))
            {
                if (TryOpen(name) is { } stream)
                {
                    return new FileLock(stream);
                }

                if (Stopwatch.GetElapsedTime(start) > (patience ?? Patience))
                {
                    throw new IOException("another process or session is writing this file");
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw ReplacingFile.CannotBeWritten(path, e);
        }
    }

    /// <summary>The name of a hidden file that belongs to a target.</summary>
    public static string NameBeside(string path, string kind) =>
        Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path)) ?? "", $".{Path.GetFileName(path)}.winnow.{kind}");

    /// <summary>Removes the hidden file, then lets the next writer in.</summary>
    public void Dispose()
    {
        HiddenFiles.Remove(_stream.Name);
        try
        {
            if (!OperatingSystem.IsWindows())
            {
                File.Delete(_stream.Name);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A file without a lock on it holds nobody up.
        }

        _stream.Dispose();
    }

    private static void CheckTarget(string path)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(path)) ?? "";
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
    }

    private static FileStream? TryOpen(string name)
    {
        FileStream stream;
        try
        {
            stream = new FileStream(name, new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.ReadWrite,
                Share = FileShare.None,
                BufferSize = 0,
                Options = OperatingSystem.IsWindows() ? FileOptions.DeleteOnClose : FileOptions.None,
            });
        }
        catch (IOException e) when (IsHeld(e))
        {
            return null;
        }

        if (HasName(stream, name))
        {
            return stream;
        }

        stream.Dispose();
        return null;
    }

    /// <summary>
    /// Whether the file that was locked still has its name: the writer before may have removed it between opening and locking,
    /// and somebody else lock a new one. Its length, drawn at random, tells.
    /// </summary>
    private static bool HasName(FileStream stream, string name)
    {
        if (OperatingSystem.IsWindows())
        {
            return true;
        }

        stream.SetLength(Random.Shared.Next(1, 1 << 20));
        FileInfo named = new(name);
        return named.Exists && named.Length == stream.Length;
    }

    /// <summary>EWOULDBLOCK of Linux and of the BSDs, and the sharing violation of Windows.</summary>
    private static bool IsHeld(IOException error) => error.HResult is 11 or 35 or unchecked((int)0x80070020);
}
