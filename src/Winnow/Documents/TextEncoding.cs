using System.Buffers;
using System.Text;

namespace Winnow.Documents;

/// <summary>The encoding of a text file.</summary>
/// <param name="Name">What people call it.</param>
/// <param name="Reader">How to read it.</param>
/// <param name="MarkBytes">Bytes of the byte order mark in front of it.</param>
internal sealed record TextEncoding(string Name, Encoding Reader, int MarkBytes = 0)
{
    private const int PieceBytes = 1 << 16;

    public static TextEncoding Utf8 { get; } = new("UTF-8", new UTF8Encoding(false));

    public static TextEncoding DamagedUtf8 { get; } = new("UTF-8 with damaged characters", new UTF8Encoding(false));

    public static TextEncoding Utf16LittleEndian { get; } = new("UTF-16", new UnicodeEncoding(false, false));

    public static TextEncoding Utf16BigEndian { get; } = new("UTF-16 (big-endian)", new UnicodeEncoding(true, false));

    public static TextEncoding Windows1252 { get; } = new("Windows-1252", new Windows1252());

    private static readonly (byte[] Mark, TextEncoding Encoding)[] Marks =
    [
        ([0xEF, 0xBB, 0xBF], Utf8),
        ([0xFF, 0xFE, 0, 0], new TextEncoding("UTF-32", new UTF32Encoding(false, false))),
        ([0, 0, 0xFE, 0xFF], new TextEncoding("UTF-32 (big-endian)", new UTF32Encoding(true, false))),
        ([0xFF, 0xFE], Utf16LittleEndian),
        ([0xFE, 0xFF], Utf16BigEndian),
    ];

    /// <summary>Tells a file's encoding from its mark or, without one, from all of its bytes.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="file">The file; left anywhere.</param>
    /// <param name="head">Its first bytes.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="DocumentException">It is no text.</exception>
    public static TextEncoding Of(string path, Stream file, ReadOnlySpan<byte> head, CancellationToken cancellationToken)
    {
        foreach ((byte[] mark, TextEncoding encoding) in Marks)
        {
            if (head.StartsWith(mark))
            {
                return encoding with { MarkBytes = mark.Length };
            }
        }

        ByteCensus census = new();
        byte[] piece = ArrayPool<byte>.Shared.Rent(PieceBytes);
        try
        {
            file.Position = 0;
            for (int read; (read = file.Read(piece, 0, PieceBytes)) > 0;)
            {
                cancellationToken.ThrowIfCancellationRequested();
                census.Add(piece.AsSpan(0, read));
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }

        return census.Decide(out string problem) ?? throw new DocumentException(path, problem);
    }
}
