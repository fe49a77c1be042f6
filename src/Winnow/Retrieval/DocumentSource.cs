using Winnow.Documents;

namespace Winnow.Retrieval;

/// <summary>A text to index: a name, and how to read it. Texts larger than memory are read piece by piece.</summary>
public sealed record DocumentSource
{
    private readonly Func<TextReader> _open;

    private DocumentSource(string name, Func<TextReader> open, long? sizeBytes)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        Name = name;
        _open = open;
        SizeBytes = sizeBytes;
    }

    /// <summary>What the index calls it.</summary>
    public string Name { get; }

    /// <summary>How long it is, where that is known, for progress.</summary>
    internal long? SizeBytes { get; }

    /// <summary>The file, where it is one.</summary>
    internal string? Path { get; private init; }

    /// <summary>A file of text, in any encoding that can be told, or in one of the <see cref="DocumentFormats"/>.</summary>
    /// <param name="path">The file; as given here, it is the document's name.</param>
    /// <exception cref="DocumentException">It is no text, empty, or cannot be read.</exception>
    public static DocumentSource FromFile(string path) => FromDocument(DocumentText.Find(path));

    /// <summary>A file that was looked at; its path is the document's name.</summary>
    public static DocumentSource FromDocument(DocumentText document)
    {
        ArgumentNullException.ThrowIfNull(document);
        return new DocumentSource(document.Path, document.Open, document.Size) { Path = document.Path };
    }

    /// <summary>A text in memory.</summary>
    public static DocumentSource FromText(string name, string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new DocumentSource(name, () => new StringReader(text), text.Length);
    }

    /// <summary>A text from a stream or from anywhere else; the reader is disposed when it was read.</summary>
    public static DocumentSource FromReader(string name, Func<TextReader> open)
    {
        ArgumentNullException.ThrowIfNull(open);
        return new DocumentSource(name, open, null);
    }

    internal TextReader Open() => _open();
}
