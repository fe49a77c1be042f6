using System.Text;
using System.Xml;

namespace Winnow.Documents.Formats;

/// <summary>The text of a part of a DOCX document.</summary>
internal static class WordText
{
    private const int NodesPerLook = 4096;

    /// <summary>Appends the paragraphs of a part, each on a line of its own; rows of tables are lines, their cells stand apart by tabs.</summary>
    public static void Append(XmlReader reader, StringBuilder text, CancellationToken cancellationToken)
    {
        int cells = 0;
        bool isFallback = false;
        int fallbackDepth = 0;
        for (int nodes = 0; reader.Read(); nodes++)
        {
            if (nodes % NodesPerLook == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }

            // What stands in a fallback stands in the choice before it too.
            if (reader.LocalName == "Fallback" && reader.NodeType is XmlNodeType.Element or XmlNodeType.EndElement)
            {
                if (reader.NodeType == XmlNodeType.Element && !isFallback && !reader.IsEmptyElement)
                {
                    (isFallback, fallbackDepth) = (true, reader.Depth);
                }
                else if (reader.NodeType == XmlNodeType.EndElement && isFallback && reader.Depth == fallbackDepth)
                {
                    isFallback = false;
                }
            }

            if (isFallback)
            {
                continue;
            }

            switch (reader.NodeType)
            {
                case XmlNodeType.Element:
                    cells += reader is { LocalName: "tc", IsEmptyElement: false } ? 1 : 0;
                    text.Append(reader.LocalName switch
                    {
                        "tab" when IsInRun(reader) => "\t",
                        "br" or "cr" => "\n",
                        "noBreakHyphen" => "-",
                        "numPr" => "- ",
                        _ => "",
                    });
                    if (reader is { LocalName: "t", IsEmptyElement: false })
                    {
                        AppendRun(reader, text);
                    }

                    break;
                case XmlNodeType.EndElement when reader.LocalName == "tc":
                    cells--;
                    TrimEnd(text, ' ');
                    text.Append('\t');
                    break;
                case XmlNodeType.EndElement when reader.LocalName == "tr":
                    TrimEnd(text, '\t');
                    text.Append(cells > 0 ? ' ' : '\n');
                    break;
                case XmlNodeType.EndElement when reader.LocalName == "tbl" && cells == 0:
                    text.Append('\n');
                    break;
                case XmlNodeType.EndElement when reader.LocalName == "p":
                    text.Append(cells > 0 ? " " : "\n\n");
                    break;
                default:
                    break;
            }
        }
    }

    /// <summary>A tab of the text; those of paragraph properties say where tabs lead to.</summary>
    private static bool IsInRun(XmlReader reader) => reader.AttributeCount == 0;

    /// <summary>Appends what stands in <c>w:t</c>, and stays on its end.</summary>
    private static void AppendRun(XmlReader reader, StringBuilder text)
    {
        int depth = reader.Depth;
        while (reader.Read() && reader.Depth > depth)
        {
            if (reader.NodeType is XmlNodeType.Text or XmlNodeType.CDATA or XmlNodeType.SignificantWhitespace or XmlNodeType.Whitespace)
            {
                text.Append(reader.Value);
            }
        }
    }

    private static void TrimEnd(StringBuilder text, char what)
    {
        while (text.Length > 0 && text[^1] == what)
        {
            text.Length--;
        }
    }
}
