using Winnow.Documents;

namespace Winnow.Cli.Options;

/// <summary>Files and folders named on the command line, as documents. What is left out, and what an encoding was taken for, is said on stderr.</summary>
internal static class DocumentFiles
{
    /// <summary>Looks at all of them before anything is computed: a refusal comes at once.</summary>
    public static List<DocumentText> Find(IEnumerable<string> paths, CancellationToken cancellationToken)
    {
        List<DocumentText> documents = [];
        foreach (string path in paths)
        {
            if (!Directory.Exists(path))
            {
                documents.Add(DocumentText.Find(path, false, cancellationToken));
                continue;
            }

            DocumentFolder folder = DocumentFolder.List(path, cancellationToken);
            documents.AddRange(folder.Documents);
            if (folder.Note is { } note)
            {
                Note(note);
            }
        }

        foreach (DocumentText document in documents.Where(document => !document.IsCertain))
        {
            Note($"{document.Path} was read as {document.Kind}");
        }

        return documents;
    }

    /// <summary>One text, a document of any kind.</summary>
    public static string Read(string path, CancellationToken cancellationToken)
    {
        DocumentText document = DocumentText.Find(path, false, cancellationToken);
        if (!document.IsCertain)
        {
            Note($"{path} was read as {document.Kind}");
        }

        return document.ReadToEnd();
    }

    private static void Note(string text) => Console.Error.WriteLine($"note: {text}");
}
