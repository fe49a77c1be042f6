using System.Globalization;
using System.IO.Compression;
using System.Text;
using Winnow.Documents;
using Winnow.Documents.Formats;
using Winnow.Fuzz.Models;
using Winnow.Fuzz.Mutation;
using Winnow.Fuzz.Running;

namespace Winnow.Fuzz.Surfaces;

/// <summary>Documents: text in several encodings, HTML, DOCX and PDF, of which the parts change and the whole stays one.</summary>
internal sealed class DocumentSurface : Surface
{
    private const string Text = "The office opens at eight – „früh“.\nThe code is 4711 🙂.\n";

    private const string Page =
        "<!doctype html><html><head><title>Office &amp; hours</title><style>p{}</style></head><body><!-- no --><h1>Hours</h1><p>Opens at <b>eight</b>&#x2026;"
        + "<ul><li>one<li>two</ul><table><tr><td>1</td><td a=\"b>c\">2</td></tr></table><pre>\n a\n</pre><script>if (a<b) {}</script><svg><g/></svg><![CDATA[x]]></body></html>";

    private const string Body =
        "<w:document xmlns:w=\"w\" xmlns:mc=\"m\"><w:body><w:p><w:pPr><w:numPr/><w:tabs><w:tab w:val=\"left\"/></w:tabs></w:pPr><w:r><w:t>The code</w:t><w:tab/><w:t xml:space=\"preserve\"> is 4711</w:t><w:br/></w:r></w:p>"
        + "<w:tbl><w:tr><w:tc><w:p><w:r><w:t>a</w:t></w:r></w:p></w:tc></w:tr></w:tbl><mc:AlternateContent><mc:Choice><w:p/></mc:Choice><mc:Fallback><w:p/></mc:Fallback></mc:AlternateContent></w:body></w:document>";

    private static readonly string[] Objects =
    [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [4 0 R 6 0 R] /Count 2 >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >> /Contents 5 0 R >>",
        "<< /Length 74 >>\nstream\nBT /F1 12 Tf 50 780 Td (The code is 4711.) Tj 0 -14 Td [(a) -300 (b)] TJ ET\nendstream",
        "<< /Type /Page /Parent 2 0 R /Resources << /Font << /F1 3 0 R >> >> /Contents [5 0 R 7 0 R] /Rotate 90 >>",
        "<< /Length 40 /Filter /ASCIIHexDecode >>\nstream\n4254202F463120313220546620283E29546A2045543E>\nendstream",
    ];

    private readonly ScratchFolder _folder = new();

    public DocumentSurface() => CommonFormats.Add();

    public override string Name => "document";

    public override IReadOnlyList<byte[]> Seeds =>
        [Encoding.UTF8.GetBytes(Text), Encoding.Unicode.GetBytes(Text), Encoding.UTF8.GetBytes(Page), Docx(Encoding.UTF8.GetBytes(Body)), Pdf(Objects.Select(Encoding.Latin1.GetBytes))];

    public override byte[] Make(InputRandom random)
    {
        byte[] bytes = random.Next(5) switch
        {
            0 => Encoding.UTF8.GetBytes(Text),
            1 => random.OneIn(2) ? Encoding.Unicode.GetBytes(Text) : Encoding.BigEndianUnicode.GetBytes(Text),
            2 => ByteMutation.Mutate(Encoding.UTF8.GetBytes(Page), random),
            3 => Docx(random.OneIn(3) ? Encoding.UTF8.GetBytes(Body) : ByteMutation.Mutate(Encoding.UTF8.GetBytes(Body), random)),
            _ => Pdf(Objects.Select(body => random.OneIn(3) ? ByteMutation.Mutate(Encoding.Latin1.GetBytes(body), random) : Encoding.Latin1.GetBytes(body))),
        };
        return random.OneIn(4) ? ByteMutation.Mutate(bytes, random) : bytes;
    }

    public override void Dispose()
    {
        _folder.Dispose();
        base.Dispose();
    }

    protected override void Use(ReadOnlySpan<byte> input)
    {
        try
        {
            Document document = Document.FromFile(_folder.Write("document", input)!);
            Accept();
            document.ReadToEnd();
        }
        finally
        {
            _folder.Clear();
        }
    }

    private static byte[] Docx(byte[] body)
    {
        using MemoryStream file = new();
        using (ZipArchive archive = new(file, ZipArchiveMode.Create, leaveOpen: true))
        {
            using Stream entry = archive.CreateEntry("word/document.xml", CompressionLevel.NoCompression).Open();
            entry.Write(body);
        }

        return file.ToArray();
    }

    private static byte[] Pdf(IEnumerable<byte[]> objects)
    {
        using MemoryStream file = new();
        file.Write("%PDF-1.4\n"u8);
        List<long> places = [];
        foreach (byte[] body in objects)
        {
            places.Add(file.Position);
            file.Write(Encoding.Latin1.GetBytes($"{places.Count} 0 obj\n"));
            file.Write(body);
            file.Write("\nendobj\n"u8);
        }

        string table = string.Concat(places.Select(place => string.Create(CultureInfo.InvariantCulture, $"{place:D10} 00000 n \n")));
        file.Write(Encoding.Latin1.GetBytes(string.Create(
            CultureInfo.InvariantCulture, $"xref\n0 {places.Count + 1}\n0000000000 65535 f \n{table}trailer\n<< /Size {places.Count + 1} /Root 1 0 R >>\nstartxref\n{file.Position}\n%%EOF\n")));
        return file.ToArray();
    }
}
