using System.Globalization;

namespace Winnow.Documents;

/// <summary>
/// A text with a name: a file in any encoding that can be told, or in one of the formats of <see cref="DocumentFormat.All"/>, a text in
/// memory, or one that comes from anywhere else. What is no text is refused by name. It may be longer than memory: see <see cref="Open"/>.
/// </summary>
/// <remarks>
/// A byte order mark says what the encoding is: UTF-8, UTF-16 or UTF-32. Without one it is UTF-8 where all bytes are, UTF-16 where that
/// alone makes sense of its zeros, and else Windows-1252, unless so many bytes are above ASCII that they must mean other letters.
/// </remarks>
public sealed class Document
{
    /// <summary>The longest text that is read at once; <see cref="Open"/> reads longer ones in pieces.</summary>
    public const int MaxCharacters = 1 << 28;

    private Document(string name, string kind, long? size)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        Name = name;
        Kind = kind;
        Size = size;
    }

    /// <summary>What it is called: of a file its path, as it was named.</summary>
    public string Name { get; }

    /// <summary>What it was read as: "UTF-8", "Windows-1252", "PDF document"; "text" where it was text before.</summary>
    public string Kind { get; }

    /// <summary>Bytes of a text file, characters of another text; null where nobody knows before it was read.</summary>
    public long? Size { get; }

    /// <summary>The file, where it is one.</summary>
    internal string? Path { get; private init; }

    private Func<TextReader>? Reader { get; init; }

    private TextEncoding? Encoding { get; init; }

    private string? Text { get; init; }

    private byte[]? Bytes { get; init; }

    /// <summary>Whether the encoding is certain: a mark or all bytes say so. Else a look at the text is worth it.</summary>
    public bool IsCertain => Encoding is null || Encoding.MarkBytes > 0 || ReferenceEquals(Encoding, TextEncoding.Utf8);

    /// <summary>A text in memory.</summary>
    /// <param name="name">What it is called.</param>
    /// <param name="text">The text.</param>
    public static Document FromText(string name, string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new Document(name, "text", text.Length) { Text = text };
    }

    /// <summary>A text from a stream or from anywhere else.</summary>
    /// <param name="name">What it is called.</param>
    /// <param name="open">Gives a reader, which is disposed when it was read.</param>
    public static Document FromReader(string name, Func<TextReader> open)
    {
        ArgumentNullException.ThrowIfNull(open);
        return new Document(name, "text", null) { Reader = open };
    }

    /// <summary>Looks at a file and tells how to read it; of a file in one of the formats of <see cref="DocumentFormat.All"/>, the text is taken out.</summary>
    /// <param name="path">The file, or a pipe, which is read to its end.</param>
    /// <param name="asWritten">Whether texts with markup, such as HTML, are taken as they are written.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="DocumentException">It is no text, empty, a folder, or cannot be opened.</exception>
    public static Document FromFile(string path, bool asWritten = false, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return Guard(path, () =>
        {
            using Stream file = OpenFile(path);
            byte[] head = new byte[Math.Min(DocumentFormat.HeadBytes, file.Length)];
            file.ReadExactly(head);
            if (head.Length == 0)
            {
                throw new DocumentException(path, "is empty");
            }

            DocumentFormat? format = DocumentFormat.Of(path, head);
            if (format is not null && !(asWritten && format.IsMarkup))
            {
                file.Position = 0;
                string text = format.Read(path, file, cancellationToken);
                return text.AsSpan().IsWhiteSpace()
                    ? throw new DocumentException(path, $"is a {format.Name} without text")
                    : new Document(path, format.Name, text.Length) { Path = path, Text = text };
            }

            if (BinaryKind.Describe(head) is { } kind)
            {
                throw new DocumentException(path, kind);
            }

            TextEncoding encoding = TextEncoding.Of(path, file, head, cancellationToken);
            return encoding.MarkBytes < file.Length
                ? new Document(path, encoding.Name, file.Length) { Path = path, Encoding = encoding, Bytes = (file as MemoryStream)?.ToArray() }
                : throw new DocumentException(path, "is empty");
        });
    }

    /// <summary>Reads a whole file as text.</summary>
    /// <param name="path">The file, or a pipe.</param>
    /// <param name="asWritten">Whether texts with markup, such as HTML, are taken as they are written.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="DocumentException">It is no text, empty, a folder, too long, or cannot be opened.</exception>
    public static string Read(string path, bool asWritten = false, CancellationToken cancellationToken = default) =>
        FromFile(path, asWritten, cancellationToken).ReadToEnd();

    /// <summary>Reads text in any encoding that can be told: for formats that are text with markup.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="file">The file, which can be sought in.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="DocumentException">It is no text, or too long.</exception>
    public static string Decode(string path, Stream file, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(file);
        byte[] head = new byte[Math.Min(DocumentFormat.HeadBytes, file.Length)];
        file.Position = 0;
        file.ReadExactly(head);
        TextEncoding encoding = TextEncoding.Of(path, file, head, cancellationToken);
        CheckSize(path, file.Length, encoding);
        file.Position = encoding.MarkBytes;
        using StreamReader reader = new(file, encoding.Reader, detectEncodingFromByteOrderMarks: false, leaveOpen: true);
        return reader.ReadToEnd();
    }

    /// <summary>Its whole text.</summary>
    /// <exception cref="DocumentException">It is longer than <see cref="MaxCharacters"/>, only white space, or cannot be read.</exception>
    public string ReadToEnd()
    {
        if (Encoding is not null)
        {
            CheckSize(Name, Size!.Value, Encoding);
        }

        using TextReader reader = Open();
        string text = Guard(Name, reader.ReadToEnd);
        return text.AsSpan().IsWhiteSpace() ? throw new DocumentException(Name, "holds no text but white space") : text;
    }

    /// <summary>A reader of its text, which need not fit into memory where the file is a text file.</summary>
    /// <exception cref="DocumentException">It cannot be read.</exception>
    public TextReader Open() => Reader is not null ? Reader() : Text is not null ? new StringReader(Text) : Guard(Name, () =>
    {
        Stream file = Bytes is null ? OpenFile(Name) : new MemoryStream(Bytes, writable: false);
        file.Position = Encoding!.MarkBytes;
        return new StreamReader(file, Encoding.Reader, detectEncodingFromByteOrderMarks: false);
    });

    private static void CheckSize(string path, long size, TextEncoding encoding)
    {
        if (size > (long)MaxCharacters * encoding.Reader.GetByteCount("a"))
        {
            throw new DocumentException(path, string.Create(
                CultureInfo.InvariantCulture, $"has {size / 1e6:F0} MB; up to {MaxCharacters / 1e6:F0} million characters are read at once"));
        }
    }

    /// <summary>Opens a file, or takes a pipe into memory.</summary>
    private static Stream OpenFile(string path)
    {
        if (Directory.Exists(path))
        {
            throw new DocumentException(path, "is a folder, but a file is needed");
        }

        FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        if (file.CanSeek)
        {
            return file;
        }

        using (file)
        {
            MemoryStream bytes = new();
            byte[] piece = new byte[1 << 16];
            for (int read; (read = file.Read(piece)) > 0;)
            {
                bytes.Write(piece, 0, read);
                if (bytes.Length > MaxCharacters)
                {
                    throw new DocumentException(path, string.Create(CultureInfo.InvariantCulture, $"is a pipe of more than {MaxCharacters / 1e6:F0} MB"));
                }
            }

            bytes.Position = 0;
            return bytes;
        }
    }

    private static T Guard<T>(string path, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new DocumentException(path, "does not exist", e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new DocumentException(path, "may not be read by this user", e);
        }
        catch (IOException e)
        {
            throw new DocumentException(path, $"cannot be read: {e.Message}", e);
        }
    }
}
