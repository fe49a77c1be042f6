using System.Buffers;
using System.Text;

namespace Winnow.Cli.Terminal;

/// <summary>Makes keys of the bytes that a terminal sends (xterm's sequences, UTF-8), however they are cut into pieces.</summary>
/// <remarks>An escape by itself waits for what follows, as Meta does in readline: no key means nothing but Escape, so that no clock is needed.</remarks>
internal sealed class KeyParser
{
    private const byte Escape = 0x1B;
    private const int LongestSequence = 32;
    private static readonly byte[] PasteEnd = "\u001b[201~"u8.ToArray();

    private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();
    private readonly StringBuilder _text = new();
    private readonly StringBuilder _sequence = new();
    private ArrayBufferWriter<byte> _paste = new();
    private readonly List<Key> _keys = [];
    private State _state;

    private enum State
    {
        Ground,
        Escape,

        /// <summary>ESC [ …</summary>
        Control,

        /// <summary>ESC O …</summary>
        Single,

        /// <summary>ESC [ [ …: function keys of Linux consoles.</summary>
        Console,

        Paste,
    }

    /// <summary>Takes bytes.</summary>
    /// <returns>The keys that are complete with them.</returns>
    public IReadOnlyList<Key> Feed(ReadOnlySpan<byte> bytes)
    {
        _keys.Clear();
        while (!bytes.IsEmpty)
        {
            if (_state == State.Paste)
            {
                bytes = TakePasted(bytes);
            }
            else if (_state == State.Ground && IndexOfControl(bytes) is > 0 and int length)
            {
                TakeText(bytes[..length]);
                bytes = bytes[length..];
            }
            else
            {
                Take(bytes[0]);
                bytes = bytes[1..];
            }
        }

        EndText();
        return [.. _keys];
    }

    private static int IndexOfControl(ReadOnlySpan<byte> bytes)
    {
        for (int i = 0; i < bytes.Length; i++)
        {
            if (bytes[i] is < 0x20 or 0x7F)
            {
                return i;
            }
        }

        return bytes.Length;
    }

    private void TakeText(ReadOnlySpan<byte> bytes)
    {
        char[] characters = new char[_decoder.GetCharCount(bytes, flush: false)];
        _decoder.GetChars(bytes, characters, flush: false);
        _text.Append(characters);
    }

    private void EndText()
    {
        if (_text.Length > 0)
        {
            _keys.Add(new Key(KeyKind.Text, _text.ToString()));
            _text.Clear();
        }
    }

    private void Add(KeyKind kind)
    {
        EndText();
        _keys.Add(new Key(kind));
    }

    private void Take(byte value)
    {
        switch (_state)
        {
            case State.Ground when value == Escape:
                _state = State.Escape;
                break;
            case State.Ground:
                if (OfControl(value) is { } kind)
                {
                    Add(kind);
                }

                break;
            case State.Escape:
                TakeEscaped(value);
                break;
            case State.Console:
                _state = State.Ground;
                break;
            case State.Single:
                _state = State.Ground;
                EndSequence("", value);
                break;
            case State.Control when value == '[' && _sequence.Length == 0:
                _state = State.Console;
                break;
            case State.Control when value is >= 0x20 and < 0x40 && _sequence.Length < LongestSequence:
                _sequence.Append((char)value);
                break;
            case State.Control:
                _state = State.Ground;
                string parameters = _sequence.ToString();
                _sequence.Clear();
                if (value is >= 0x40 and < 0x7F)
                {
                    EndSequence(parameters, value);
                }
                else if (value < 0x20)
                {
                    // No sequence after all: the control character counts.
                    Take(value);
                }

                break;
        }
    }

    private void TakeEscaped(byte value)
    {
        _state = value switch
        {
            (byte)'[' => State.Control,
            (byte)'O' => State.Single,
            Escape => State.Escape,
            _ => State.Ground,
        };
        KeyKind? kind = value switch
        {
            (byte)'b' or (byte)'B' => KeyKind.WordLeft,
            (byte)'f' or (byte)'F' => KeyKind.WordRight,
            (byte)'d' or (byte)'D' => KeyKind.KillWordRight,
            0x08 or 0x7F => KeyKind.KillWordLeft,
            (byte)'\r' or (byte)'\n' => KeyKind.NewLine,
            0x03 => KeyKind.Interrupt,
            0x07 => KeyKind.Abort,
            _ => null,
        };
        if (kind is { } meant)
        {
            Add(meant);
        }
    }

    private static KeyKind? OfControl(byte value) => value switch
    {
        0x01 => KeyKind.Home,
        0x02 => KeyKind.Left,
        0x03 => KeyKind.Interrupt,
        0x04 => KeyKind.EndOrDelete,
        0x05 => KeyKind.End,
        0x06 => KeyKind.Right,
        0x07 => KeyKind.Abort,
        0x08 or 0x7F => KeyKind.Backspace,
        0x09 => KeyKind.Tab,
        0x0A => KeyKind.NewLine,
        0x0B => KeyKind.KillToEnd,
        0x0C => KeyKind.ClearScreen,
        0x0D => KeyKind.Enter,
        0x0E => KeyKind.Down,
        0x10 => KeyKind.Up,
        0x12 => KeyKind.Search,
        0x14 => KeyKind.Transpose,
        0x15 => KeyKind.KillToStart,
        0x17 => KeyKind.KillWord,
        0x19 => KeyKind.Yank,
        0x1A => KeyKind.Suspend,
        _ => null,
    };

    private void EndSequence(string parameters, byte final)
    {
        string[] numbers = parameters.Split(';');
        bool isModified = numbers.Length > 1 && numbers[1] is not ("" or "1");
        KeyKind? kind = (char)final switch
        {
            'A' => KeyKind.Up,
            'B' => KeyKind.Down,
            'C' => isModified ? KeyKind.WordRight : KeyKind.Right,
            'D' => isModified ? KeyKind.WordLeft : KeyKind.Left,
            'H' => KeyKind.Home,
            'F' => KeyKind.End,
            'M' => KeyKind.Enter,
            'u' when numbers[0] == "13" => isModified ? KeyKind.NewLine : KeyKind.Enter,
            '~' => numbers[0] switch
            {
                "1" or "7" => KeyKind.Home,
                "4" or "8" => KeyKind.End,
                "3" => isModified ? KeyKind.KillWordRight : KeyKind.Delete,
                "27" when numbers is [_, _, "13"] => KeyKind.NewLine,
                "200" => KeyKind.Paste,
                _ => null,
            },
            _ => null,
        };
        if (kind == KeyKind.Paste)
        {
            EndText();
            _state = State.Paste;
        }
        else if (kind is { } meant)
        {
            Add(meant);
        }
    }

    /// <summary>Takes pasted bytes up to the mark of their end, which may lie across two pieces.</summary>
    private ReadOnlySpan<byte> TakePasted(ReadOnlySpan<byte> bytes)
    {
        int before = _paste.WrittenCount;
        int overlap = Math.Min(before, PasteEnd.Length - 1);
        _paste.Write(bytes);
        ReadOnlySpan<byte> held = _paste.WrittenSpan;
        int end = held[(before - overlap)..].IndexOf(PasteEnd);
        if (end < 0)
        {
            return [];
        }

        end += before - overlap;
        _keys.Add(new Key(KeyKind.Paste, Encoding.UTF8.GetString(held[..end])));
        _paste = new ArrayBufferWriter<byte>();
        _state = State.Ground;
        return bytes[(end + PasteEnd.Length - before)..];
    }
}
