using System.Globalization;
using System.Text;
using Winnow.Formats;
using Winnow.Tokenization.Text;

namespace Winnow.Tokenization.Models;

/// <summary>The tokens of a vocabulary: what they are called, of what kind they are, which bytes they stand for.</summary>
internal sealed class Vocabulary
{
    private readonly string[] _texts;
    private readonly TokenType[] _types;
    private readonly Dictionary<string, int> _ids;

    /// <summary>Tokens behind those with a text; they have names, which are made when they are asked for.</summary>
    private readonly int _padding;

    /// <param name="path">The file that errors name.</param>
    /// <param name="source">The key or property that the texts come from, for errors.</param>
    /// <param name="texts">The text of each id; an empty one gets a name of its own.</param>
    /// <param name="types">The kind of each id.</param>
    /// <exception cref="ModelFormatException">Two tokens have one text, or there are none.</exception>
    public Vocabulary(string path, string source, string[] texts, TokenType[] types)
    {
        if (texts.Length == 0)
        {
            throw new ModelFormatException(path, $"{source} has no tokens");
        }

        _texts = texts;
        _types = types;
        _ids = new Dictionary<string, int>(texts.Length, StringComparer.Ordinal);
        for (int id = 0; id < texts.Length; id++)
        {
            if (texts[id].Length == 0)
            {
                texts[id] = $"[EMPTY_{id}]";
            }

            if (!_ids.TryAdd(texts[id], id))
            {
                throw new ModelFormatException(path, $"{source} has '{texts[id]}' twice, as {_ids[texts[id]]} and as {id}");
            }
        }
    }

    private Vocabulary(string[] texts, TokenType[] types, Dictionary<string, int> ids, int padding)
    {
        _texts = texts;
        _types = types;
        _ids = ids;
        _padding = padding;
    }

    /// <summary>A vocabulary without tokens, to be padded.</summary>
    public static Vocabulary Unused { get; } = new([], [], [], 0);

    public int Count => _texts.Length + _padding;

    /// <summary>The same with unused tokens behind, as converters write them: <c>[PAD511]</c>.</summary>
    public Vocabulary Padded(int size) => new(_texts, _types, _ids, size - _texts.Length);

    public string Text(int id) => id < _texts.Length ? _texts[id] : PaddingName(id);

    public TokenType Type(int id) => id < _types.Length ? _types[id] : TokenType.Unused;

    public void SetType(int id, TokenType type) => _types[id] = type;

    public int? Find(string text) => _ids.TryGetValue(text, out int id) ? id : FindPadding(text);

    /// <summary>Whether text may become this token without being asked to; control tokens only stand for themselves.</summary>
    public bool IsText(int id) => Type(id) is not (TokenType.Control or TokenType.Unknown);

    /// <summary>For each byte the token that stands for it (<c>&lt;0x0A&gt;</c>), or -1.</summary>
    public int[] ByteTokens(bool bareBytes)
    {
        int[] tokens = new int[256];
        for (int b = 0; b < 256; b++)
        {
            string? bare = bareBytes && b < 128 ? ((char)b).ToString() : null;
            tokens[b] = Find($"<0x{b:X2}>") ?? (bare is null ? null : Find(bare)) ?? -1;
        }

        return tokens;
    }

    /// <summary>The UTF-8 of each token's text, for look-up.</summary>
    public ByteStringTable TextTable()
    {
        ByteStringTable table = new(Count);
        byte[] buffer = [];
        for (int id = 0; id < Count; id++)
        {
            table.Add(Utf8Text.Encode(_texts[id], ref buffer), IsText(id));
        }

        return table;
    }

    /// <summary>The bytes that the text of each token spells in GPT-2's alphabet, for look-up.</summary>
    public ByteStringTable ByteLevelTextTable()
    {
        ByteStringTable table = new(Count);
        byte[] buffer = new byte[256];
        for (int id = 0; id < Count; id++)
        {
            string text = _texts[id];
            if (buffer.Length < text.Length)
            {
                buffer = new byte[text.Length];
            }

            // Added tokens are written as they are; one with a space in it, say, is no word of the alphabet.
            bool isWord = IsText(id) && ByteAlphabet.TryDecode(text, buffer);
            table.Add(isWord ? buffer.AsSpan(0, text.Length) : [], isWord);
        }

        return table;
    }

    /// <summary>The bytes that each token of a byte-level vocabulary stands for, for output.</summary>
    public ByteStringTable ByteLevelTable()
    {
        ByteStringTable table = new(Count);
        for (int id = 0; id < Count; id++)
        {
            bool isWord = _types[id] is not (TokenType.Control or TokenType.Unknown or TokenType.UserDefined);
            table.Add(isWord ? ByteAlphabet.Decode(_texts[id]) : Encoding.UTF8.GetBytes(_texts[id]), findable: false);
        }

        return table;
    }

    /// <summary>The bytes that each token of a vocabulary with ▁ for spaces stands for, for output.</summary>
    public ByteStringTable SpaceMarkTable()
    {
        ByteStringTable table = new(Count);
        for (int id = 0; id < Count; id++)
        {
            string text = _texts[id];
            if (_types[id] == TokenType.Byte && TryParseByte(text, out byte value))
            {
                table.Add([value], findable: false);
            }
            else
            {
                bool isText = _types[id] is not (TokenType.Control or TokenType.Unknown or TokenType.UserDefined);
                table.Add(Encoding.UTF8.GetBytes(isText ? text.Replace(Utf8Text.SpaceMark, ' ') : text), findable: false);
            }
        }

        return table;
    }

    // A name that a token has already is not given twice.
    private string PaddingName(int id) => _ids.ContainsKey($"[PAD{id}]") ? $"[PAD{id}]'" : $"[PAD{id}]";

    private int? FindPadding(string text)
    {
        const string Prefix = "[PAD";
        return _padding > 0 && text.StartsWith(Prefix, StringComparison.Ordinal) && text.TrimEnd('\'') is [.., ']'] name
            && int.TryParse(name.AsSpan(Prefix.Length, name.Length - Prefix.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out int id)
            && id >= _texts.Length && id < Count && PaddingName(id) == text ? id : null;
    }

    /// <summary>Reads the text of a byte token.</summary>
    public static bool TryParseByte(string text, out byte value)
    {
        value = 0;
        return text.Length == 6 && text.StartsWith("<0x", StringComparison.Ordinal) && text[5] == '>'
            && byte.TryParse(text.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
    }
}
