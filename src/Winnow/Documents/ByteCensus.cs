using System.Text;

namespace Winnow.Documents;

/// <summary>What the bytes of a whole file say of its encoding, counted in one pass over pieces of any size.</summary>
internal sealed class ByteCensus
{
    /// <summary>One control character in so many bytes is no text; terminal logs have fewer, escape characters aside.</summary>
    private const int BytesPerControl = 200;

    /// <summary>UTF-8 of which one sequence in so many is damaged was text once.</summary>
    private const int SequencesPerError = 20;

    private readonly Utf16Census _littleEndian = new(isBigEndian: false);
    private readonly Utf16Census _bigEndian = new(isBigEndian: true);
    private readonly byte[] _rest = new byte[4];
    private int _restLength;
    private long _sequences;
    private long _errors;
    private long _controls;
    private long _high;
    private long _ascii;
    private long _letters;
    private bool _isUndefined;

    /// <summary>Bytes seen.</summary>
    public long Length { get; private set; }

    private bool HasZeros { get; set; }

    /// <summary>Counts the next bytes of the file.</summary>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        HasZeros |= bytes.Contains((byte)0);
        if (Length == 0 || HasZeros)
        {
            // Without zeros early on it is no UTF-16: even Chinese has its line ends and blanks.
            _littleEndian.Add(bytes);
            _bigEndian.Add(bytes);
        }

        Length += bytes.Length;
        foreach (byte value in bytes)
        {
            if (value < 0x20)
            {
                _controls += value is (byte)'\t' or (byte)'\n' or (byte)'\r' or (byte)'\f' or (byte)'\b' or 0x1B ? 0 : 1;
            }
            else if (value >= 0x80)
            {
                _high++;
                _isUndefined |= Windows1252.IsUndefined(value);
            }
            else
            {
                _controls += value == 0x7F ? 1 : 0;
                _ascii++;
                _letters += char.IsAsciiLetter((char)value) ? 1 : 0;
            }
        }

        CountUtf8(bytes);
    }

    /// <summary>The encoding; null where the bytes are no text.</summary>
    /// <param name="problem">Why they are none, as the end of a sentence that begins with the file's name.</param>
    public TextEncoding? Decide(out string problem)
    {
        _errors += _restLength > 0 ? 1 : 0;
        problem = "";
        if (HasZeros)
        {
            // Half of the bytes of UTF-16 are the upper ones, which ASCII has none of: a text with a stray zero is none.
            if (Length % 2 == 0 && _ascii < 0.8 * Length && (_littleEndian.IsText || _bigEndian.IsText))
            {
                bool isBigEndian = !_littleEndian.IsText || (_bigEndian.IsText && _bigEndian.Plain > _littleEndian.Plain);
                return isBigEndian ? TextEncoding.Utf16BigEndian : TextEncoding.Utf16LittleEndian;
            }

            problem = "is a binary file, no text";
            return null;
        }

        if (_controls > Length / BytesPerControl)
        {
            problem = "is a binary file, no text";
            return null;
        }

        if (_errors == 0)
        {
            return TextEncoding.Utf8;
        }

        if (_sequences >= SequencesPerError * _errors)
        {
            return TextEncoding.DamagedUtf8;
        }

        // In a language of Latin letters, letters with marks are few; where they are not, the bytes mean other letters, or none.
        if (!_isUndefined && _controls == 0 && _high <= _letters / 2)
        {
            return TextEncoding.Windows1252;
        }

        problem = "is in an encoding that cannot be told (neither UTF-8 nor UTF-16), or no text: save it as UTF-8";
        return null;
    }

    private void CountUtf8(ReadOnlySpan<byte> bytes)
    {
        // A sequence that the end of a piece cut is looked at again with the bytes that follow.
        while (_restLength > 0 && bytes.Length > 0)
        {
            _rest[_restLength++] = bytes[0];
            bytes = bytes[1..];
            System.Buffers.OperationStatus status = Rune.DecodeFromUtf8(_rest.AsSpan(0, _restLength), out _, out int used);
            if (status == System.Buffers.OperationStatus.NeedMoreData)
            {
                continue;
            }

            _sequences += status == System.Buffers.OperationStatus.Done ? 1 : 0;
            _errors += status == System.Buffers.OperationStatus.Done ? 0 : 1;
            int left = _restLength - used;
            byte[] again = _rest[used.._restLength];
            _restLength = 0;
            if (left > 0)
            {
                CountUtf8(again);
            }
        }

        while (bytes.Length > 0)
        {
            int ascii = bytes.IndexOfAnyInRange((byte)0x80, (byte)0xFF);
            if (ascii < 0)
            {
                return;
            }

            bytes = bytes[ascii..];
            System.Buffers.OperationStatus status = Rune.DecodeFromUtf8(bytes, out _, out int used);
            if (status == System.Buffers.OperationStatus.NeedMoreData)
            {
                bytes.CopyTo(_rest);
                _restLength = bytes.Length;
                return;
            }

            _sequences += status == System.Buffers.OperationStatus.Done ? 1 : 0;
            _errors += status == System.Buffers.OperationStatus.Done ? 0 : 1;
            bytes = bytes[used..];
        }
    }

    /// <summary>How the bytes look as UTF-16 of one byte order.</summary>
    private sealed class Utf16Census(bool isBigEndian)
    {
        private int _pending = -1;
        private bool _isAfterHigh;
        private bool _isInvalid;

        /// <summary>Blanks, line ends, letters and digits of ASCII.</summary>
        public long Plain { get; private set; }

        public bool IsText => !_isInvalid && !_isAfterHigh && Plain > 0;

        public void Add(ReadOnlySpan<byte> bytes)
        {
            foreach (byte value in bytes)
            {
                if (_isInvalid)
                {
                    return;
                }

                if (_pending < 0)
                {
                    _pending = value;
                    continue;
                }

                char unit = (char)(isBigEndian ? (_pending << 8) | value : (value << 8) | _pending);
                _pending = -1;
                bool isControl = char.IsControl(unit) && unit is not ('\t' or '\n' or '\r' or '\f' or '\u001B' or '\u0085');
                _isInvalid = isControl || unit >= 0xFFFE || char.IsLowSurrogate(unit) != _isAfterHigh;
                _isAfterHigh = char.IsHighSurrogate(unit);
                Plain += char.IsAsciiLetterOrDigit(unit) || unit is ' ' or '\n' or '\r' ? 1 : 0;
            }
        }
    }
}
