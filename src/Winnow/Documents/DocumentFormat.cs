using System.Collections.Immutable;

namespace Winnow.Documents;

/// <summary>A kind of file that holds text in another form than a text file does, and how to get at it.</summary>
/// <remarks>Files are not trusted: a format bounds what it spends on one, and throws nothing but what <see cref="Read"/> names.</remarks>
public abstract class DocumentFormat
{
    /// <summary>How much of a file a format sees to recognize it.</summary>
    public const int HeadBytes = 4096;

    private static ImmutableArray<DocumentFormat> _all = [];

    /// <summary>The formats that files are read in besides text, in the order in which they are asked; none at first.</summary>
    public static IReadOnlyList<DocumentFormat> All => _all;

    /// <summary>What people call it: "PDF document".</summary>
    public abstract string Name { get; }

    /// <summary>Whether its files are texts with markup, which can also be read as they are written.</summary>
    public virtual bool IsMarkup => false;

    /// <summary>Whether a file is of this kind.</summary>
    /// <param name="path">The file; its ending may decide where its beginning cannot.</param>
    /// <param name="head">Its first bytes, up to <see cref="HeadBytes"/>.</param>
    public abstract bool Recognizes(string path, ReadOnlySpan<byte> head);

    /// <summary>The text of a file: paragraphs stand on lines of their own, empty lines between them.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="file">The file, which can be sought in.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="DocumentException">The file is damaged, encrypted, holds no text, or asks for more than a document may.</exception>
    public abstract string Read(string path, Stream file, CancellationToken cancellationToken);

    /// <summary>Adds a format for the whole process; one of the same name takes the place of the older. The package Winnow.Documents.Formats brings some.</summary>
    public static void Add(DocumentFormat format)
    {
        ArgumentNullException.ThrowIfNull(format);
        ImmutableInterlocked.Update(ref _all, (all, added) => [.. all.Where(other => other.Name != added.Name), added], format);
    }

    /// <summary>The format that a file is of; null for none of them.</summary>
    internal static DocumentFormat? Of(string path, ReadOnlySpan<byte> head)
    {
        foreach (DocumentFormat format in _all)
        {
            if (format.Recognizes(path, head))
            {
                return format;
            }
        }

        return null;
    }
}
