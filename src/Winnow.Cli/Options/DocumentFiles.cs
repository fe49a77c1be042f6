using Winnow.Documents;

namespace Winnow.Cli.Options;

/// <summary>Files and folders named on the command line, as documents. What is left out, and what an encoding was taken for, is said on stderr.</summary>
internal static class DocumentFiles
{
    /// <summary>Looks at all of them before anything is computed: a refusal comes at once.</summary>
    public static List<Document> Find(IEnumerable<string> paths, CancellationToken cancellationToken)
    {
        List<Document> documents = [];
        foreach (string path in paths)
        {
            if (!Directory.Exists(path))
            {
                documents.Add(Document.FromFile(path, false, cancellationToken));
                continue;
            }

            DocumentFolder folder = DocumentFolder.List(path, cancellationToken);
            documents.AddRange(folder.Documents);
            if (folder.Note is { } note)
            {
                Note(note);
            }
        }

        foreach (Document document in documents.Where(document => !document.IsCertain))
        {
            Note($"{document.Name} was read as {document.Kind}");
        }

        return documents;
    }

    /// <summary>One text, a document of any kind.</summary>
    public static string Read(string path, CancellationToken cancellationToken)
    {
        Document document = Document.FromFile(path, false, cancellationToken);
        if (!document.IsCertain)
        {
            Note($"{path} was read as {document.Kind}");
        }

        return document.ReadToEnd();
    }

    private static void Note(string text) => Console.Error.WriteLine($"note: {text}");
}
