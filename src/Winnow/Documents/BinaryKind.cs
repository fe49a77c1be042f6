using System.Buffers.Binary;

namespace Winnow.Documents;

/// <summary>Recognizes what is no text by its first bytes, so that a refusal can say what it is.</summary>
internal static class BinaryKind
{
    /// <summary>What stands behind the size of a tar archive's first entry.</summary>
    private const int TarMagicAt = 257;

    private static readonly (byte[] Magic, string Kind)[] Beginnings =
    [
        ([.. "GGUF"u8], "is a model: name it with -m"),
        ([.. "WINNOWIX"u8], "is a document index: open it as one"),
        ([.. "WINNOWKV"u8], "is a saved session, no text"),
        ([.. "%PDF-"u8], "is a PDF document, and nothing here reads PDF (package Winnow.Documents.Formats)"),
        ([.. "{\\rtf"u8], "is an RTF document, which is not supported: save it as DOCX, PDF or text"),
        ([.. "%!PS"u8], "is a PostScript file, which is not supported: save it as PDF or text"),
        ([0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1], "is an old or encrypted Office document (DOC, XLS, PPT), which is not supported: save it as DOCX, PDF or text"),
        ([0x89, .. "PNG"u8], "is a PNG image, no text"),
        ([0xFF, 0xD8, 0xFF], "is a JPEG image, no text"),
        ([.. "GIF8"u8], "is a GIF image, no text"),
        ([.. "II*\0"u8], "is a TIFF image, no text"),
        ([.. "MM\0*"u8], "is a TIFF image, no text"),
        ([.. "BM"u8, .. "\0\0\0\0"u8], "is a bitmap image, no text"),
        ([0x1F, 0x8B], "is a gzip archive, no text: unpack it"),
        ([.. "BZh"u8], "is a bzip2 archive, no text: unpack it"),
        ([0xFD, .. "7zXZ"u8], "is an xz archive, no text: unpack it"),
        ([.. "7z"u8, 0xBC, 0xAF, 0x27, 0x1C], "is a 7-Zip archive, no text: unpack it"),
        ([0x28, 0xB5, 0x2F, 0xFD], "is a Zstandard archive, no text: unpack it"),
        ([.. "Rar!"u8], "is a RAR archive, no text: unpack it"),
        ([0x7F, .. "ELF"u8], "is a program, no text"),
        ([0xCF, 0xFA, 0xED, 0xFE], "is a program, no text"),
        ([0xCA, 0xFE, 0xBA, 0xBE], "is a program, no text"),
        ([.. "\0asm"u8], "is a WebAssembly module, no text"),
        ([.. "SQLite format 3"u8], "is an SQLite database, no text"),
        ([.. "ID3"u8], "is an MP3 file, no text"),
        ([.. "OggS"u8], "is an Ogg file, no text"),
        ([.. "fLaC"u8], "is a FLAC file, no text"),
    ];

    private static readonly (string Part, string Kind)[] Packages =
    [
        ("word/", "is a DOCX document, and nothing here reads DOCX (package Winnow.Documents.Formats)"),
        ("xl/", "is an Excel workbook, which is not supported: save it as CSV"),
        ("ppt/", "is a PowerPoint presentation, which is not supported: save it as PDF"),
        ("mimetypeapplication/vnd.oasis.opendocument", "is an OpenDocument file, which is not supported: save it as DOCX, PDF or text"),
        ("mimetypeapplication/epub", "is an EPUB book, which is not supported: save it as HTML or text"),
    ];

    /// <summary>What a file is, as the end of a sentence that begins with its name; null where it may be text.</summary>
    public static string? Describe(ReadOnlySpan<byte> head)
    {
        foreach ((byte[] magic, string kind) in Beginnings)
        {
            // The size of a bitmap stands between its two letters and its zeros.
            if (magic is [(byte)'B', (byte)'M', ..] ? head.Length > 10 && head.StartsWith("BM"u8) && head.Slice(6, 4).IndexOfAnyExcept((byte)0) < 0 : head.StartsWith(magic))
            {
                return kind;
            }
        }

        if (head.StartsWith("PK\x03\x04"u8) || head.StartsWith("PK\x05\x06"u8))
        {
            foreach ((string part, string kind) in Packages)
            {
                if (head.IndexOf(System.Text.Encoding.ASCII.GetBytes(part)) >= 0)
                {
                    return kind;
                }
            }

            return "is a ZIP archive, no text: unpack it";
        }

        if (head.StartsWith("MZ"u8) && head.Length > 64 && head.IndexOf((byte)0) >= 0)
        {
            return "is a Windows program, no text";
        }

        if (head.StartsWith("RIFF"u8) && head.Length > 12)
        {
            return head[8..12].SequenceEqual("WEBP"u8) ? "is a WebP image, no text" : "is a sound or video file, no text";
        }

        if (head.Length > 12 && head[4..8].SequenceEqual("ftyp"u8))
        {
            return "is a video, sound or HEIC file, no text";
        }

        if (head.Length > TarMagicAt + 5 && head[TarMagicAt..].StartsWith("ustar"u8))
        {
            return "is a tar archive, no text: unpack it";
        }

        return head.Length > 9 && head[8] == '{' && BinaryPrimitives.ReadUInt64LittleEndian(head) is > 1 and < 1 << 30
            ? "is a safetensors file, part of a model: name its directory with -m"
            : null;
    }
}
