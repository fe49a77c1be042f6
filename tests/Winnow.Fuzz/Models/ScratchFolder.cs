namespace Winnow.Fuzz.Models;

/// <summary>A folder for the files of inputs, in memory where the system has such a place.</summary>
internal sealed class ScratchFolder : IDisposable
{
    private const string InMemory = "/dev/shm";

    private readonly List<string> _written = [];

    public ScratchFolder()
    {
        string parent = Directory.Exists(InMemory) ? InMemory : Path.GetTempPath();
        Root = Path.Combine(parent, $"winnow-fuzz-{Environment.ProcessId}-{Guid.NewGuid():N}");
        Directory.CreateDirectory(Root);
    }

    /// <summary>The folder.</summary>
    public string Root { get; }

    /// <summary>The path of a file.</summary>
    public string PathOf(string name) => Path.Combine(Root, name);

    /// <summary>Writes a file, which <see cref="Clear"/> removes.</summary>
    /// <returns>Its path; null where a name is none that a file can have.</returns>
    public string? Write(string name, ReadOnlySpan<byte> bytes)
    {
        if (name.Length is 0 or > 100 || name is "." or "..")
        {
            return null;
        }

        string path = PathOf(name);
        File.WriteAllBytes(path, bytes);
        _written.Add(path);
        return path;
    }

    /// <summary>Removes what was written.</summary>
    public void Clear()
    {
        _written.ForEach(File.Delete);
        _written.Clear();
    }

    /// <summary>Removes the folder.</summary>
    public void Dispose() => Directory.Delete(Root, recursive: true);
}
