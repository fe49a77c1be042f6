using System.Collections.Immutable;

namespace Winnow.Documents;

/// <summary>The formats that files are read in besides text. There are none at first; the package Winnow.Documents.Formats brings some.</summary>
public static class DocumentFormats
{
    private static ImmutableArray<DocumentFormat> _all = [];

    /// <summary>The formats, in the order in which they are asked.</summary>
    public static IReadOnlyList<DocumentFormat> All => _all;

    /// <summary>Adds a format for the whole process; one of the same name takes the place of the older.</summary>
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
