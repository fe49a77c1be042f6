using System.IO.Compression;
using System.Text;
using Winnow.Documents;
using Winnow.Documents.Formats;

namespace Winnow.Tests.Documents;

/// <summary>PDF, DOCX and HTML give the text a reader sees; what is broken, locked or made to harm is one clear line.</summary>
public sealed class DocumentFormatTests : IDisposable
{
    private const string Word = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";

    private readonly string _folder = Directory.CreateTempSubdirectory("winnow-formats-").FullName;

    public DocumentFormatTests() => CommonFormats.Add();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_pdf_gives_the_lines_of_its_pages()
    {
        string path = Write("a.pdf", PdfBuilder.OfPages("The office opens at eight.\nThe code is 4711.", "Second page."));
        Assert.Equal("The office opens at eight.\nThe code is 4711.\n\nSecond page.", Document.Read(path).Trim());
        Assert.Equal("PDF document", Document.FromFile(path).Kind);
    }

    [Fact]
    public void A_pdf_is_known_without_its_ending() =>
        Assert.Contains("4711", Document.Read(Write("a.bin", PdfBuilder.OfPages("The code is 4711."))), StringComparison.Ordinal);

    public static TheoryData<string, byte[], string> PdfsThatGiveNothing()
    {
        PdfBuilder circle = new();
        circle.Add("<< /Type /Catalog /Pages 2 0 R >>");
        circle.Add("<< /Type /Pages /Kids [2 0 R 3 0 R] /Count 2 >>");
        circle.Add("<< /Type /Pages /Parent 2 0 R /Kids [2 0 R] /Count 1 >>");
        string keys = new('A', 64);
        string deep = new('[', 200_000);
        PdfBuilder nested = new();
        nested.Add($"<< /Type /Catalog /Pages {deep} >>");
        return new TheoryData<string, byte[], string>
        {
            { "scan", PdfBuilder.OfContent([.. "0 0 100 100 re f"u8]), "of 1 page without text: scanned pages need OCR first" },
            { "locked", PdfBuilder.OfContent([.. "BT ET"u8], $"/ID [<{keys[..32]}> <{keys[..32]}>] /Encrypt << /Filter /Standard /V 1 /R 2 /O <{keys}> /U <{keys}> /P -44 >>"), "is an encrypted PDF document" },
            { "cut", PdfBuilder.OfPages("text")[..60], "is a damaged PDF document" },
            { "header", [.. "%PDF-1.7\n"u8], "is a damaged PDF document" },
            { "circle", circle.Build(), "PDF document" },
            { "nested", nested.Build(), "PDF document" },
            { "nested content", PdfBuilder.OfContent(Encoding.Latin1.GetBytes($"BT {deep} TJ ET")), "PDF document" },
            { "bomb", PdfBuilder.OfContent(new byte[150 << 20]), "unpacks to more than 128 MiB" },
        };
    }

    [Theory]
    [MemberData(nameof(PdfsThatGiveNothing), DisableDiscoveryEnumeration = true)]
    public void A_pdf_without_text_or_made_to_harm_is_one_line(string name, byte[] bytes, string reason)
    {
        string path = Write($"{name}.pdf", bytes);
        DocumentException error = Assert.Throws<DocumentException>(() => Document.Read(path));
        Assert.StartsWith($"{path} is a", error.Message, StringComparison.Ordinal);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Damaged_pdfs_end_in_text_or_in_a_document_exception()
    {
        byte[] whole = PdfBuilder.OfPages("The office opens at eight.\nThe code is 4711.", "Second page.");
        Random random = new(5);
        for (int i = 0; i < 200; i++)
        {
            byte[] damaged = [.. whole];
            for (int change = 0; change <= i % 8; change++)
            {
                damaged[random.Next(9, damaged.Length)] = (byte)random.Next(256);
            }

            TryRead(Write("a.pdf", damaged));
        }
    }

    [Fact]
    public void A_docx_gives_paragraphs_lists_tables_and_footnotes()
    {
        string path = Write("a.docx", Docx(
            """
            <w:p><w:pPr><w:tabs><w:tab w:val="left" w:pos="720"/></w:tabs></w:pPr><w:r><w:t>The </w:t></w:r><w:r><w:t xml:space="preserve"> code</w:t><w:tab/><w:t>is 47&amp;11.</w:t></w:r></w:p>
            <w:p><w:pPr><w:numPr><w:ilvl w:val="0"/></w:numPr></w:pPr><w:r><w:t>first</w:t><w:br/><w:t>line</w:t></w:r></w:p>
            <w:p><w:r><w:delText>gone</w:delText><w:instrText>PAGE</w:instrText></w:r></w:p>
            <w:tbl><w:tr><w:tc><w:p><w:r><w:t>a</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>b</w:t></w:r></w:p></w:tc></w:tr>
            <w:tr><w:tc><w:p><w:r><w:t>c</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>d</w:t></w:r></w:p></w:tc></w:tr></w:tbl>
            <mc:AlternateContent xmlns:mc="mc"><mc:Choice><w:p><w:r><w:t>box</w:t></w:r></w:p></mc:Choice><mc:Fallback><w:p><w:r><w:t>box</w:t></w:r></w:p></mc:Fallback></mc:AlternateContent>
            """,
            footnotes: "<w:footnote><w:p><w:r><w:t>A note.</w:t></w:r></w:p></w:footnote>"));
        string text = Document.Read(path);
        Assert.StartsWith("The  code\tis 47&11.\n\n- first\nline\n\n", text, StringComparison.Ordinal);
        Assert.Contains("a\tb\nc\td\n", text, StringComparison.Ordinal);
        Assert.Single(text.Split("box").Skip(1));
        Assert.EndsWith("A note.", text.TrimEnd(), StringComparison.Ordinal);
        Assert.DoesNotContain("gone", text, StringComparison.Ordinal);
        Assert.DoesNotContain("PAGE", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_docx_says_where_its_document_is() =>
        Assert.Contains("elsewhere", Document.Read(Write("a.docx", Docx("<w:p><w:r><w:t>elsewhere</w:t></w:r></w:p>", part: "word/document2.xml"))), StringComparison.Ordinal);

    [Fact]
    public void Docx_that_is_damaged_empty_or_made_to_harm_is_one_line()
    {
        (string, byte[], string)[] cases =
        [
            ("cut.docx", Docx("<w:p><w:r><w:t>text</w:t></w:r></w:p>")[..200], "is a damaged DOCX document"),
            ("none.docx", Docx(""), "DOCX document without text"),
            ("broken.docx", Docx("<w:p><w:r>"), "is a damaged DOCX document"),
            ("entities.docx", Docx("<w:p/>", before: "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;\">]>"), "is a damaged DOCX document"),
            ("other.docx", Docx("<w:p/>", part: "xl/none.xml", target: "word/document.xml"), "is a ZIP archive without a document"),
            ("bomb.docx", Docx("", bomb: 300 << 20), "unpacks to more than 256 MiB"),
        ];
        foreach ((string name, byte[] bytes, string reason) in cases)
        {
            string path = Write(name, bytes);
            string message = Assert.Throws<DocumentException>(() => Document.Read(path)).Message;
            Assert.StartsWith(path, message, StringComparison.Ordinal);
            Assert.Contains(reason, message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Nesting_of_a_docx_costs_no_stack()
    {
        const int Depth = 50_000;
        string nested = string.Concat(Enumerable.Repeat("<w:sdt>", Depth)) + "<w:p><w:r><w:t>deep</w:t></w:r></w:p>" + string.Concat(Enumerable.Repeat("</w:sdt>", Depth));
        Assert.Contains("deep", Document.Read(Write("a.docx", Docx(nested))), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("<p>One</p><p>Two &amp; three &#x20AC;</p>", "One\n\nTwo & three €")]
    [InlineData("<html><head><title>Office</title><style>p { color: red }</style></head><body>Hours</body></html>", "Office\n\nHours")]
    [InlineData("<head><meta charset=utf-8><title>Office</title><body>Hours", "Office\n\nHours")]
    [InlineData("a<script>if (a < b) { document.write('<p>x</p>'); }</script>b", "ab")]
    [InlineData("a <!-- <b>hidden</b> --> b", "a b")]
    [InlineData("<ul><li>one<li>two</ul>", "- one\n- two")]
    [InlineData("<table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table>", "a\tb\n1\t2")]
    [InlineData("<pre>a\n  b</pre>c", "a\n  b\n\nc")]
    [InlineData("x < y and <a title='1 > 2' href=\"a>b\">link</a>", "x < y and link")]
    [InlineData("many\n   blanks\t here", "many blanks here")]
    [InlineData("a<br>b<BR/>c", "a\nb\nc")]
    [InlineData("<svg><text>drawn</text></svg>seen<template><p>no</p></template>", "seen")]
    [InlineData("<textarea>a<b></textarea>", "a<b>")]
    public void A_page_gives_what_is_seen(string page, string text)
    {
        string path = Write("a.html", Encoding.UTF8.GetBytes(page));
        Assert.Equal(text, Document.Read(path).Trim());
        Assert.Equal(page, Document.Read(path, asWritten: true));
    }

    [Theory]
    [InlineData("<div>")]
    [InlineData("<b>")]
    [InlineData("</p")]
    [InlineData("<script>")]
    [InlineData("<!--")]
    [InlineData("<a href=\"")]
    [InlineData("<template>")]
    [InlineData("&amp")]
    [InlineData("<![CDATA[")]
    public void Pages_made_to_harm_take_time_in_proportion(string part)
    {
        // A million of them: what is quadratic would take hours.
        string path = Write("a.html", Encoding.UTF8.GetBytes("seen" + string.Concat(Enumerable.Repeat(part, 1_000_000))));
        Assert.StartsWith("seen", Document.Read(path), StringComparison.Ordinal);
    }

    private static byte[] Docx(string body, string? footnotes = null, string part = "word/document.xml", string? target = null, string before = "", long bomb = 0)
    {
        using MemoryStream file = new();
        using (ZipArchive archive = new(file, ZipArchiveMode.Create, leaveOpen: true))
        {
            Entry(archive, "[Content_Types].xml", "<Types/>");
            Entry(archive, "_rels/.rels", $"<Relationships><Relationship Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument\" Target=\"{target ?? part}\"/></Relationships>");
            if (bomb > 0)
            {
                using Stream stream = archive.CreateEntry(part, CompressionLevel.Fastest).Open();
                byte[] blanks = new byte[1 << 20];
                Array.Fill(blanks, (byte)' ');
                for (long written = 0; written < bomb; written += blanks.Length)
                {
                    stream.Write(blanks);
                }
            }
            else
            {
                Entry(archive, part, $"{before}<w:document xmlns:w=\"{Word}\"><w:body>{body}</w:body></w:document>");
            }

            if (footnotes is not null)
            {
                Entry(archive, "word/footnotes.xml", $"<w:footnotes xmlns:w=\"{Word}\">{footnotes}</w:footnotes>");
            }
        }

        return file.ToArray();
    }

    private static void Entry(ZipArchive archive, string name, string text)
    {
        using StreamWriter writer = new(archive.CreateEntry(name).Open());
        writer.Write(text);
    }

    private static void TryRead(string path)
    {
        try
        {
            Document.Read(path);
        }
        catch (DocumentException)
        {
            // What a damaged file is for.
        }
    }

    private string Write(string name, byte[] bytes)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }
}
