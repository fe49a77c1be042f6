namespace Winnow.Formats;

/// <summary>The files of one model, mapped or read into memory, in the order in which they were opened.</summary>
/// <param name="maps">Whether they are mapped.</param>
/// <param name="cancellation">Stops the reading.</param>
internal sealed class MappedFiles(bool maps, CancellationToken cancellation) : IDisposable
{
    private readonly List<MappedFile> _files = [];

    /// <summary>The names of the files.</summary>
    public IEnumerable<string> Paths => _files.Select(file => file.Path);

    /// <summary>Whether they were disposed; false where there are none.</summary>
    public bool IsDisposed => _files is [{ IsDisposed: true }, ..];

    /// <summary>Opens one more file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="expected">What the caller reads, for errors.</param>
    /// <exception cref="ModelFormatException">The path is missing, a folder, empty, or cannot be read.</exception>
    public MappedFile Add(string path, string expected)
    {
        MappedFile file = maps ? MappedFile.Open(path, expected) : MappedFile.Read(path, expected, cancellation);
        _files.Add(file);
        return file;
    }

    /// <summary>Looks whether the files are as they were.</summary>
    /// <exception cref="ModelFormatException">One was changed in place.</exception>
    public void CheckUnchanged() => _files.ForEach(file => file.CheckUnchanged());

    /// <summary>Unmaps all.</summary>
    public void Dispose() => _files.ForEach(file => file.Dispose());
}
