using System.IO.Compression;
using System.Text;
using System.Xml;

namespace Winnow.Documents.Formats;

/// <summary>Documents of Word and what writes its format: paragraphs, lists, tables, text boxes, footnotes.</summary>
/// <remarks>ECMA-376, WordprocessingML. The archive is read as a stream of XML: no tree is built.</remarks>
public sealed class DocxFormat : DocumentFormat
{
    private const long MaxPartBytes = 256 << 20;
    private const string DefaultPart = "word/document.xml";

    /// <inheritdoc/>
    public override string Name => "DOCX document";

    /// <inheritdoc/>
    public override bool Recognizes(string path, ReadOnlySpan<byte> head) =>
        head.StartsWith("PK\x03\x04"u8) && (Path.GetExtension(path).ToUpperInvariant() is ".DOCX" or ".DOCM" or ".DOTX" || head.IndexOf("word/"u8) >= 0);

    /// <inheritdoc/>
    public override string Read(string path, Stream file, CancellationToken cancellationToken)
    {
        try
        {
            using ZipArchive archive = new(file, ZipArchiveMode.Read, leaveOpen: true);
            string main = MainPart(archive, path);
            StringBuilder text = new();
            if (!Append(archive, main, path, text, cancellationToken))
            {
                throw new DocumentException(path, "is a ZIP archive without a document");
            }

            string folder = main.Contains('/', StringComparison.Ordinal) ? main[..(main.LastIndexOf('/') + 1)] : "";
            Append(archive, $"{folder}footnotes.xml", path, text, cancellationToken);
            Append(archive, $"{folder}endnotes.xml", path, text, cancellationToken);
            return text.ToString();
        }
        catch (Exception e) when (e is InvalidDataException or XmlException or NotSupportedException)
        {
            throw new DocumentException(path, $"is a damaged DOCX document: {e.Message}", e);
        }
    }

    /// <summary>The part that the package names as its document; Word's web application numbers it.</summary>
    private static string MainPart(ZipArchive archive, string path)
    {
        if (archive.GetEntry("_rels/.rels") is { } entry)
        {
            using XmlReader reader = Open(entry, path);
            while (reader.Read())
            {
                if (reader is { NodeType: XmlNodeType.Element, LocalName: "Relationship" }
                    && reader.GetAttribute("Type")?.EndsWith("/officeDocument", StringComparison.Ordinal) == true
                    && reader.GetAttribute("Target") is { } target)
                {
                    return target.TrimStart('/');
                }
            }
        }

        return DefaultPart;
    }

    private static bool Append(ZipArchive archive, string part, string path, StringBuilder text, CancellationToken cancellationToken)
    {
        if (archive.GetEntry(part) is not { } entry)
        {
            return false;
        }

        using XmlReader reader = Open(entry, path);
        WordText.Append(reader, text, cancellationToken);
        return true;
    }

    private static XmlReader Open(ZipArchiveEntry entry, string path) => XmlReader.Create(
        new BoundedStream(entry.Open(), MaxPartBytes, path),
        new XmlReaderSettings
        {
            DtdProcessing = DtdProcessing.Prohibit,
            XmlResolver = null,
            IgnoreComments = true,
            IgnoreProcessingInstructions = true,
            MaxCharactersInDocument = MaxPartBytes,
            CloseInput = true,
        });
}
