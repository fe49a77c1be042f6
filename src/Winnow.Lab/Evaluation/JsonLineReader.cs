namespace Winnow.Lab.Evaluation;

/// <summary>Cuts a stream into lines without holding more than one of them; lines that are empty are skipped.</summary>
internal sealed class JsonLineReader(Stream input, string path, int maxLineBytes)
{
    private byte[] _buffer = new byte[64 << 10];
    private int _start;
    private int _end;
    private long _blank;

    /// <summary>The number of the line that <see cref="Next"/> returned, counted from 1.</summary>
    public int Line { get; private set; }

    /// <summary>The next line that is not empty; valid until the next call. Null at the end.</summary>
    /// <exception cref="EvaluationCaseException">A line is too long, too much of the file is empty, or the compressed data is damaged.</exception>
    public ReadOnlyMemory<byte>? Next()
    {
        int scanned = 0;
        while (true)
        {
            int newline = _buffer.AsSpan(_start + scanned, _end - _start - scanned).IndexOf((byte)'\n');
            bool ended = newline < 0 && !Fill(ref scanned);
            if (newline < 0 && !ended)
            {
                continue;
            }

            if (ended && _start == _end)
            {
                return null;
            }

            int length = ended ? _end - _start : scanned + newline;
            ReadOnlyMemory<byte> line = _buffer.AsMemory(_start, length);
            _start += Math.Min(length + 1, _end - _start);
            scanned = 0;
            Line++;
            if (line.Span.ContainsAnyExcept(" \t\r"u8))
            {
                _blank = 0;
                return line;
            }

            // A few bytes of gzip are gigabytes of line ends.
            _blank += length + 1;
            if (_blank > maxLineBytes)
            {
                throw new EvaluationCaseException(path, Line, $"more than {maxLineBytes} bytes hold no case");
            }
        }
    }

    /// <summary>Reads on; false at the end of the stream. The bytes so far hold no line end.</summary>
    private bool Fill(ref int scanned)
    {
        scanned = _end - _start;
        if (scanned > maxLineBytes)
        {
            throw new EvaluationCaseException(path, Line + 1, $"the line is longer than {maxLineBytes} bytes, which no case is");
        }

        if (_start > 0)
        {
            _buffer.AsSpan(_start, scanned).CopyTo(_buffer);
            _start = 0;
            _end = scanned;
        }

        if (_end == _buffer.Length)
        {
            Array.Resize(ref _buffer, 2 * _buffer.Length);
        }

        try
        {
            int read = input.Read(_buffer, _end, _buffer.Length - _end);
            _end += read;
            return read > 0;
        }
        catch (InvalidDataException e)
        {
            throw new EvaluationCaseException(path, Line + 1, $"the compressed data is damaged: {e.Message}", e);
        }
    }
}
