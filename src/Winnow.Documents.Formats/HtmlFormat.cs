using System.Text;

namespace Winnow.Documents.Formats;

/// <summary>Web pages: what a reader sees, without scripts, styles and tags.</summary>
public sealed class HtmlFormat : DocumentFormat
{
    private static readonly string[] Endings = [".html", ".htm", ".xhtml"];

    /// <inheritdoc/>
    public override string Name => "HTML page";

    /// <inheritdoc/>
    public override bool IsMarkup => true;

    /// <inheritdoc/>
    public override bool Recognizes(string path, ReadOnlySpan<byte> head)
    {
        if (Endings.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase))
        {
            return true;
        }

        ReadOnlySpan<byte> text = head.TrimStart("\uFEFF"u8).TrimStart(" \t\r\n"u8);
        string start = Encoding.ASCII.GetString(text[..Math.Min(text.Length, 16)]);
        return start.StartsWith("<!doctype html", StringComparison.OrdinalIgnoreCase) || start.StartsWith("<html", StringComparison.OrdinalIgnoreCase);
    }

    /// <inheritdoc/>
    public override string Read(string path, Stream file, CancellationToken cancellationToken) =>
        HtmlText.Of(Document.Decode(path, file, cancellationToken), cancellationToken);
}
