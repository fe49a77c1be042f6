using System.Globalization;
using System.Text;
using UglyToad.PdfPig;
using UglyToad.PdfPig.Content;
using UglyToad.PdfPig.DocumentLayoutAnalysis.TextExtractor;
using UglyToad.PdfPig.Exceptions;

namespace Winnow.Documents.Formats;

/// <summary>PDF documents with text in them. Scanned pages are pictures, which are not read.</summary>
/// <remarks>
/// A page that takes longer than 30 seconds is refused, and so is the document. What reads it cannot be interrupted from outside: it ends the
/// next time it reads of the file or unpacks a stream. Where it does neither, its thread goes on in the background, with the file's bytes in
/// memory, as long as the process lives; whoever takes files of strangers, and many, reads them in a process of its own.
/// </remarks>
public sealed class PdfFormat : DocumentFormat
{
    private const int MaxNesting = 100;
    private const int StackBytes = 16 << 20;

    /// <summary>A page that takes longer is no page.</summary>
    private static readonly TimeSpan MaxPageTime = TimeSpan.FromSeconds(30);

    /// <inheritdoc/>
    public override string Name => "PDF document";

    /// <inheritdoc/>
    public override bool Recognizes(string path, ReadOnlySpan<byte> head) => head[..Math.Min(head.Length, 1024)].IndexOf("%PDF-"u8) >= 0;

    /// <inheritdoc/>
    public override string Read(string path, Stream file, CancellationToken cancellationToken)
    {
        // On a thread of its own, which has stack enough for the nesting that is allowed, and can be left behind.
        Extraction extraction = new(path, file);
        Thread thread = new(extraction.Run, StackBytes) { IsBackground = true, Name = "winnow pdf" };
        thread.Start();
        int pages = -1;
        long since = Environment.TickCount64;
        while (!thread.Join(TimeSpan.FromMilliseconds(50)))
        {
            if (cancellationToken.IsCancellationRequested)
            {
                extraction.Stop();
                cancellationToken.ThrowIfCancellationRequested();
            }

            if (pages != extraction.Pages)
            {
                (pages, since) = (extraction.Pages, Environment.TickCount64);
            }
            else if (Environment.TickCount64 - since > MaxPageTime.TotalMilliseconds)
            {
                extraction.Stop();
                throw new DocumentException(path, string.Create(
                    CultureInfo.InvariantCulture, $"is a PDF document whose page {pages + 1} takes longer than {MaxPageTime.TotalSeconds:F0} seconds to read"));
            }
        }

        return extraction.Text();
    }

    private sealed class Extraction(string path, Stream file)
    {
        private readonly StringBuilder _text = new();
        private volatile bool _isStopped;
        private volatile int _pages;
        private Exception? _error;

        /// <summary>Pages read so far.</summary>
        public int Pages => _pages;

        public void Stop() => _isStopped = true;

        public void Run()
        {
            try
            {
                // A copy, because whoever gives up closes the file.
                using StoppableStream bytes = new(ThrowIfStopped);
                file.CopyTo(bytes);
                bytes.Position = 0;
                ParsingOptions options = new() { UseLenientParsing = true, SkipMissingFonts = true, MaxStackDepth = MaxNesting, FilterProvider = new PdfFilters(path, ThrowIfStopped) };
                using PdfDocument document = PdfDocument.Open(bytes, options);
                foreach (Page page in document.GetPages())
                {
                    string text = ContentOrderTextExtractor.GetText(page, addDoubleNewline: true).Trim();
                    if (text.Length > 0)
                    {
                        _text.Append(text.ReplaceLineEndings("\n")).Append("\n\n");
                    }

                    _pages++;
                    if (_isStopped || _text.Length > Document.MaxCharacters)
                    {
                        return;
                    }
                }
            }
            catch (Exception e)
            {
                _error = e;
            }
        }

        private void ThrowIfStopped()
        {
            if (_isStopped)
            {
                throw new OperationCanceledException();
            }
        }

        /// <summary>What was read, or why it was not.</summary>
        public string Text() => _error switch
        {
            null when _text.Length > 0 => _text.ToString(),
            null => throw new DocumentException(path, string.Create(
                CultureInfo.InvariantCulture, $"is a PDF document of {_pages} {(_pages == 1 ? "page" : "pages")} without text: scanned pages need OCR first")),
            DocumentException refused => throw refused,
            PdfDocumentEncryptedException => throw new DocumentException(path, "is an encrypted PDF document: save it without a password", _error),
            _ => throw new DocumentException(path, $"is a damaged PDF document: {_error.Message}", _error),
        };
    }

    /// <summary>Bytes in memory that are given out until whoever reads them is told to stop.</summary>
    private sealed class StoppableStream(Action throwIfStopped) : MemoryStream
    {
        public override int Read(byte[] buffer, int offset, int count)
        {
            throwIfStopped();
            return base.Read(buffer, offset, count);
        }

        public override int Read(Span<byte> buffer)
        {
            throwIfStopped();
            return base.Read(buffer);
        }

        public override int ReadByte()
        {
            throwIfStopped();
            return base.ReadByte();
        }
    }
}
