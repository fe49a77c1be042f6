using System.Globalization;

namespace Winnow.Documents;

/// <summary>The documents of a folder: its files of text and those of its folders, in the order of their names.</summary>
public sealed class DocumentFolder
{
    /// <summary>Files of a folder that are looked at; more are not meant.</summary>
    public const int MaxFiles = 10_000;

    private DocumentFolder(string path, IReadOnlyList<Document> documents, IReadOnlyList<DocumentException> skipped, int hidden)
    {
        Path = path;
        Documents = documents;
        Skipped = skipped;
        Hidden = hidden;
    }

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>What can be read, sorted by path.</summary>
    public IReadOnlyList<Document> Documents { get; }

    /// <summary>What cannot, with the reason of each: archives, images, empty files.</summary>
    public IReadOnlyList<DocumentException> Skipped { get; }

    /// <summary>Files and folders that were passed over because their names begin with a dot or the system hides them.</summary>
    public int Hidden { get; }

    /// <summary>What was left out, in one line for people; null where nothing was.</summary>
    public string? Note => (Skipped.Count, Hidden) switch
    {
        (0, 0) => null,
        (0, _) => string.Create(CultureInfo.InvariantCulture, $"{Path}: left out {Count(Hidden, "hidden file or folder", "hidden files or folders")}"),
        (_, 0) => string.Create(CultureInfo.InvariantCulture, $"{Path}: left out {Count(Skipped.Count, "file that is no text", "files that are no text")} ({Skipped[0].Message}{(Skipped.Count > 1 ? ", …" : "")})"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{Path}: left out {Count(Skipped.Count, "file that is no text", "files that are no text")} ({Skipped[0].Message}{(Skipped.Count > 1 ? ", …" : "")}) and {Hidden} hidden"),
    };

    /// <summary>Lists a folder. Links to folders are not followed.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="DocumentException">It is no folder, holds no text or more than <see cref="MaxFiles"/> files.</exception>
    public static DocumentFolder List(string path, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!Directory.Exists(path))
        {
            throw new DocumentException(path, File.Exists(path) ? "is a file, but a folder is needed" : "does not exist");
        }

        List<string> files = [];
        int hidden = 0;
        Stack<string> folders = new([path]);
        try
        {
            while (folders.TryPop(out string? folder))
            {
                foreach (FileSystemInfo entry in new DirectoryInfo(folder).EnumerateFileSystemInfos())
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    string name = folder == "." ? entry.Name : System.IO.Path.Combine(folder, entry.Name);
                    if (entry.Name.StartsWith('.') || entry.Attributes.HasFlag(FileAttributes.Hidden))
                    {
                        hidden++;
                    }
                    else if (!entry.Attributes.HasFlag(FileAttributes.Directory))
                    {
                        files.Add(files.Count < MaxFiles ? name : throw new DocumentException(path, $"holds more than {MaxFiles} files: name a smaller folder"));
                    }
                    else if (entry.LinkTarget is null)
                    {
                        folders.Push(name);
                    }
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DocumentException(path, $"cannot be listed: {e.Message}", e);
        }

        files.Sort(StringComparer.Ordinal);
        List<Document> documents = [];
        List<DocumentException> skipped = [];
        foreach (string file in files)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                // A named pipe has no bytes either, and would be waited for.
                documents.Add(new FileInfo(file).Length > 0 ? Document.FromFile(file, false, cancellationToken) : throw new DocumentException(file, "is empty"));
            }
            catch (DocumentException e)
            {
                skipped.Add(e);
            }
        }

        return documents.Count > 0
            ? new DocumentFolder(path, documents, skipped, hidden)
            : throw new DocumentException(path, skipped.Count == 0 ? "holds no files" : $"holds no text ({skipped[0].Message})");
    }

    private static string Count(int count, string one, string many) => string.Create(CultureInfo.InvariantCulture, $"{count} {(count == 1 ? one : many)}");
}
