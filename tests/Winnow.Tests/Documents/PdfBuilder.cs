using System.Globalization;
using System.IO.Compression;
using System.Text;

namespace Winnow.Tests.Documents;

/// <summary>Writes small PDF files, whole and broken ones.</summary>
internal sealed class PdfBuilder
{
    private readonly List<byte[]> _objects = [];

    /// <summary>What stands in the trailer besides root and size.</summary>
    public string Trailer { get; init; } = "";

    /// <summary>A document with a page for each text; lines of a page stand apart by line ends.</summary>
    public static byte[] OfPages(params string[] pages)
    {
        PdfBuilder pdf = new();
        string kids = string.Join(' ', pages.Select((_, i) => $"{4 + (2 * i)} 0 R"));
        pdf.Add("<< /Type /Catalog /Pages 2 0 R >>");
        pdf.Add($"<< /Type /Pages /Kids [{kids}] /Count {pages.Length} >>");
        pdf.Add("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>");
        foreach (string page in pages)
        {
            pdf.Add($"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >> /Contents {pdf._objects.Count + 2} 0 R >>");
            string lines = string.Concat(page.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => $"({line}) Tj 0 -14 Td "));
            pdf.AddStream(Encoding.Latin1.GetBytes($"BT /F1 12 Tf 50 780 Td {lines}ET"));
        }

        return pdf.Build();
    }

    /// <summary>A document of one page with this content.</summary>
    public static byte[] OfContent(byte[] content, string trailer = "")
    {
        PdfBuilder pdf = new() { Trailer = trailer };
        pdf.Add("<< /Type /Catalog /Pages 2 0 R >>");
        pdf.Add("<< /Type /Pages /Kids [4 0 R] /Count 1 >>");
        pdf.Add("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>");
        pdf.Add("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >> /Contents 5 0 R >>");
        pdf.AddStream(content);
        return pdf.Build();
    }

    public void Add(string body) => _objects.Add(Encoding.Latin1.GetBytes(body));

    public void AddStream(byte[] content)
    {
        using MemoryStream packed = new();
        using (ZLibStream zlib = new(packed, CompressionLevel.Fastest))
        {
            zlib.Write(content);
        }

        byte[] bytes = packed.ToArray();
        _objects.Add([.. Encoding.Latin1.GetBytes($"<< /Length {bytes.Length} /Filter /FlateDecode >>\nstream\n"), .. bytes, .. "\nendstream"u8]);
    }

    public byte[] Build()
    {
        using MemoryStream file = new();
        file.Write("%PDF-1.4\n"u8);
        List<long> places = [];
        for (int i = 0; i < _objects.Count; i++)
        {
            places.Add(file.Position);
            file.Write(Encoding.Latin1.GetBytes($"{i + 1} 0 obj\n"));
            file.Write(_objects[i]);
            file.Write("\nendobj\n"u8);
        }

        long table = file.Position;
        file.Write(Encoding.Latin1.GetBytes($"xref\n0 {places.Count + 1}\n0000000000 65535 f \n"));
        foreach (long place in places)
        {
            file.Write(Encoding.Latin1.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{place:D10} 00000 n \n")));
        }

        file.Write(Encoding.Latin1.GetBytes($"trailer\n<< /Size {places.Count + 1} /Root 1 0 R {Trailer} >>\nstartxref\n{table}\n%%EOF\n"));
        return file.ToArray();
    }
}
