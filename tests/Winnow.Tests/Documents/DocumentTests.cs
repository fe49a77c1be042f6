using System.Text;
using Winnow.Documents;

namespace Winnow.Tests.Documents;

/// <summary>Files of any encoding are read as what they say; what is no text is refused by name.</summary>
public sealed class DocumentTests : IDisposable
{
    private const string German = "Das Büro öffnet um acht – „pünktlich“, für 5 €.\r\nStraße 7, 2. Stock. The rest of the letter is plain enough.\n";
    private const string Japanese = "事務所は八時に開きます。\n鍵は受付にあります。\n";
    private const string Emoji = "A house 🏠 and a family 👨‍👩‍👧.\n";

    private readonly string _folder = Directory.CreateTempSubdirectory("winnow-documents-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    public static TheoryData<string, string> EncodedTexts()
    {
        TheoryData<string, string> cases = [];
        foreach (string encoding in (string[])["utf-8", "utf-8 mark", "utf-16", "utf-16 mark", "utf-16BE", "utf-16BE mark", "utf-32 mark", "utf-32BE mark"])
        {
            cases.Add(encoding, German);
            cases.Add(encoding, Japanese);
            cases.Add(encoding, Emoji);
        }

        cases.Add("latin1", German.Replace("–", "-").Replace("„", "\"").Replace("“", "\"").Replace("€", "Euro"));
        return cases;
    }

    [Theory]
    [MemberData(nameof(EncodedTexts))]
    public void A_text_is_read_in_its_encoding(string encoding, string text)
    {
        Encoding writer = encoding.Split(' ')[0] switch
        {
            "utf-8" => new UTF8Encoding(true),
            "utf-16" => new UnicodeEncoding(false, true),
            "utf-16BE" => new UnicodeEncoding(true, true),
            "utf-32" => new UTF32Encoding(false, true),
            "utf-32BE" => new UTF32Encoding(true, true),
            _ => Encoding.Latin1,
        };
        byte[] mark = encoding.EndsWith("mark", StringComparison.Ordinal) ? writer.GetPreamble() : [];
        string path = Write("a.txt", [.. mark, .. writer.GetBytes(text)]);
        Assert.Equal(text, Document.Read(path));

        Document found = Document.FromFile(path);
        Assert.Equal(encoding is "utf-8" || mark.Length > 0, found.IsCertain);
        using TextReader reader = found.Open();
        Assert.Equal(text, reader.ReadToEnd());
    }

    [Fact]
    public void Windows_1252_keeps_its_quotation_marks_and_the_euro()
    {
        string path = Write("a.txt", [.. "Sie sagte: "u8, 0x84, .. "ja"u8, 0x93, .. ", und bekam 5 "u8, 0x80, .. " mehr "u8, 0x96, .. " immerhin."u8]);
        Assert.Equal("Sie sagte: „ja“, und bekam 5 € mehr – immerhin.", Document.Read(path));
        Assert.Equal("Windows-1252", Document.FromFile(path).Kind);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Characters_that_the_ends_of_pieces_cut_are_whole(int offset)
    {
        // Pieces are of 64 KiB: a character lies across each end.
        string text = new string('a', offset) + string.Concat(Enumerable.Repeat("🏠é€", 60_000));
        string path = Write("a.txt", Encoding.UTF8.GetBytes(text));
        Document found = Document.FromFile(path);
        Assert.Equal("UTF-8", found.Kind);
        Assert.Equal(text, found.ReadToEnd());
    }

    [Fact]
    public void Utf8_with_a_damaged_character_stays_utf8()
    {
        byte[] bytes = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(German, 20)));
        string path = Write("a.txt", bytes[..^1].Append((byte)0xC3).ToArray());
        Document found = Document.FromFile(path);
        Assert.False(found.IsCertain);
        Assert.StartsWith(German, found.ReadToEnd(), StringComparison.Ordinal);
    }

    public static TheoryData<string, byte[], string> OtherFiles() => new()
    {
        { "report.zip", [.. "PK\x03\x04"u8, 20, 0, 0, 0, .. "notes.txt"u8], "is a ZIP archive" },
        { "table.xlsx", [.. "PK\x03\x04"u8, 20, 0, 0, 0, .. "xl/workbook.xml"u8], "save it as CSV" },
        { "x.gguf", [.. "GGUF"u8, 3, 0, 0, 0], "is a model: name it with -m" },
        { "x.idx", [.. "WINNOWIX"u8, 0, 0], "is a document index" },
        { "old.doc", [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1, 0, 0], "old or encrypted Office document" },
        { "letter.rtf", [.. "{\\rtf1\\ansi Hello}"u8], "is an RTF document" },
        { "a.png", [0x89, .. "PNG\r\n"u8, 0x1A, 10, 0, 0], "is a PNG image" },
        { "a.gz", [0x1F, 0x8B, 8, 0, 0, 0, 0, 0], "is a gzip archive" },
        { "m.safetensors", [40, 0, 0, 0, 0, 0, 0, 0, .. "{\"a\":{}}"u8], "is a safetensors file" },
        { "empty.txt", [], "is empty" },
        { "mark.txt", [0xEF, 0xBB, 0xBF], "is empty" },
        { "white.txt", [.. " \r\n\t\n"u8], "holds no text but white space" },
        { "zeros.bin", new byte[100], "is a binary file" },
        { "stray.bin", [.. "A text in which a single zero stands"u8, 0, .. " is no text."u8], "is a binary file" },
        { "controls.bin", [.. Enumerable.Range(1, 127).Select(i => (byte)i)], "is a binary file" },
        { "noise.bin", Noise(), "no text" },
        { "russian.txt", [.. Enumerable.Repeat((byte[])[0xCF, 0xF0, 0xE8, 0xE2, 0xE5, 0xF2, (byte)' '], 20).SelectMany(b => b)], "encoding that cannot be told" },
        { "sjis.txt", [0x8E, 0x96, 0x96, 0xB1, 0x8F, 0x8A, 0x82, 0xCD, 0x94, 0xAA, 0x8E, 0x9E, (byte)'\n'], "encoding that cannot be told" },
    };

    [Theory]
    [MemberData(nameof(OtherFiles))]
    public void What_is_no_text_is_refused_by_name(string name, byte[] bytes, string reason)
    {
        string path = Write(name, bytes);
        DocumentException error = Assert.Throws<DocumentException>(() => Document.Read(path));
        Assert.StartsWith(path, error.Message, StringComparison.Ordinal);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        Assert.Equal(path, error.Path);
    }

    [Fact]
    public void Folders_and_missing_files_are_refused_as_what_they_are()
    {
        Assert.Contains("is a folder", Assert.Throws<DocumentException>(() => Document.Read(_folder)).Message, StringComparison.Ordinal);
        Assert.Contains("does not exist", Assert.Throws<DocumentException>(() => Document.Read(Path.Combine(_folder, "none.txt"))).Message, StringComparison.Ordinal);
        Assert.Contains("does not exist", Assert.Throws<DocumentException>(() => Document.FromFile(Path.Combine(_folder, "none", "a"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_lists_its_texts_sorted_and_says_what_it_left_out()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "b", "c"));
        Directory.CreateDirectory(Path.Combine(_folder, ".git"));
        string[] texts = [Write("a.txt", "one"u8), Write("b/c/d.md", "two"u8), Write("b/e.txt", "three"u8), Write("z", "four"u8)];
        Write(".hidden", "five"u8);
        Write(".git/config", "six"u8);
        Write("b/picture.png", [0x89, .. "PNG"u8]);
        Write("b/nothing.txt", []);

        DocumentFolder folder = DocumentFolder.List(_folder);
        Assert.Equal(texts, folder.Documents.Select(document => document.Name));
        Assert.Equal(2, folder.Skipped.Count);
        Assert.Equal(2, folder.Hidden);
        Assert.Contains("left out 2 files that are no text", folder.Note, StringComparison.Ordinal);
        Assert.Contains("2 hidden", folder.Note, StringComparison.Ordinal);
        string empty = Directory.CreateDirectory(Path.Combine(_folder, "empty")).FullName;
        Assert.Contains("holds no files", Assert.Throws<DocumentException>(() => DocumentFolder.List(empty)).Message, StringComparison.Ordinal);
        Assert.Contains("is a file", Assert.Throws<DocumentException>(() => DocumentFolder.List(texts[0])).Message, StringComparison.Ordinal);
    }

    private static byte[] Noise()
    {
        byte[] bytes = new byte[5000];
        new Random(7).NextBytes(bytes);
        return [.. bytes.Where(b => b >= 0x20)];
    }

    private string Write(string name, ReadOnlySpan<byte> bytes)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllBytes(path, bytes.ToArray());
        return path;
    }
}
