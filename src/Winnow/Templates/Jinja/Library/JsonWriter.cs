using System.Globalization;
using System.Text;
using Winnow.Templates.Jinja.Values;

namespace Winnow.Templates.Jinja.Library;

/// <summary>Python's <c>json.dumps</c>, which is what the filter <c>tojson</c> is in chat templates.</summary>
internal sealed class JsonWriter
{
    private readonly Runtime _runtime;
    private readonly StringBuilder _text = new();
    private readonly string? _indent;
    private readonly string _itemSeparator;
    private readonly string _keySeparator;
    private readonly bool _ensureAscii;
    private readonly bool _sortKeys;

    private JsonWriter(Runtime runtime, bool ensureAscii, string? indent, string itemSeparator, string keySeparator, bool sortKeys)
    {
        _runtime = runtime;
        _ensureAscii = ensureAscii;
        _indent = indent;
        _itemSeparator = itemSeparator;
        _keySeparator = keySeparator;
        _sortKeys = sortKeys;
    }

    /// <param name="runtime">The rendering.</param>
    /// <param name="value">The value to write.</param>
    /// <param name="arguments">ensure_ascii, indent, separators, sort_keys.</param>
    public static string Write(Runtime runtime, object? value, object?[] arguments)
    {
        string? indent = arguments[1] switch
        {
            Missing or null => null,
            object text when PythonText.AsString(text) is { } given => given,
            object width => Spaces(runtime, Number.Index(width)),
        };
        string itemSeparator = indent is null ? ", " : ",";
        string keySeparator = ": ";
        if (arguments[2] is not (Missing or null))
        {
            List<object?> separators = runtime.ToList(arguments[2]);
            itemSeparator = separators.Count == 2 && PythonText.AsString(separators[0]) is { } item
                ? item
                : throw TemplateRuntimeException.Value("separators must be a pair of strings");
            keySeparator = PythonText.AsString(separators[1]) ?? throw TemplateRuntimeException.Value("separators must be a pair of strings");
        }

        bool ensureAscii = arguments[0] is not Missing && Runtime.IsTrue(arguments[0]);
        bool sortKeys = arguments[3] is not Missing && Runtime.IsTrue(arguments[3]);
        JsonWriter writer = new(runtime, ensureAscii, indent, itemSeparator, keySeparator, sortKeys);
        writer.Write(value, 0);
        return writer._text.ToString();
    }

    /// <summary>Replaces what is not ASCII by Python's escapes.</summary>
    public static string EscapeNonAscii(string text)
    {
        StringBuilder escaped = new();
        foreach (Rune rune in text.EnumerateRunes())
        {
            _ = rune.Value switch
            {
                < 0x80 => escaped.Append((char)rune.Value),
                < 0x100 => escaped.Append("\\x").Append(rune.Value.ToString("x2", CultureInfo.InvariantCulture)),
                < 0x10000 => escaped.Append("\\u").Append(rune.Value.ToString("x4", CultureInfo.InvariantCulture)),
                _ => escaped.Append("\\U").Append(rune.Value.ToString("x8", CultureInfo.InvariantCulture)),
            };
        }

        return escaped.ToString();
    }

    private static string Spaces(Runtime runtime, int count)
    {
        runtime.ChargeText(count);
        return new string(' ', Math.Max(count, 0));
    }

    private void Write(object? value, int depth)
    {
        _runtime.Charge(1);
        Runtime.CheckStack();
        switch (value)
        {
            case string or Markup:
                WriteText(value.ToString()!);
                break;
            case List<object?> list:
                WriteItems(list, depth);
                break;
            case PythonTuple tuple:
                WriteItems(tuple.Items, depth);
                break;
            case PythonDict dict:
                WritePairs(dict, depth);
                break;
            default:
                _text.Append(Scalar(value)
                    ?? throw TemplateRuntimeException.Type($"Object of type {PythonType.Name(value)} is not JSON serializable"));
                break;
        }
    }

    private static string? Scalar(object? value) => value switch
    {
        null => "null",
        bool flag => flag ? "true" : "false",
        double.NaN => "NaN",
        double.PositiveInfinity => "Infinity",
        double.NegativeInfinity => "-Infinity",
        double number => FloatText.Shortest(number),
        _ => Number.TryInteger(value, out System.Numerics.BigInteger integer) ? integer.ToString(CultureInfo.InvariantCulture) : null,
    };

    private void WriteItems(IList<object?> items, int depth)
    {
        _text.Append('[');
        for (int i = 0; i < items.Count; i++)
        {
            _text.Append(i > 0 ? _itemSeparator : "");
            BreakLine(depth + 1);
            Write(items[i], depth + 1);
        }

        if (items.Count > 0)
        {
            BreakLine(depth);
        }

        _text.Append(']');
    }

    private void WritePairs(PythonDict dict, int depth)
    {
        IEnumerable<KeyValuePair<object?, object?>> pairs = dict.Entries;
        if (_sortKeys)
        {
            pairs = StableSort.Sort([.. pairs], (left, right) => _runtime.Order(left.Key, right.Key) ?? 0);
        }

        _text.Append('{');
        bool isFirst = true;
        foreach ((object? key, object? value) in pairs)
        {
            _text.Append(isFirst ? "" : _itemSeparator);
            isFirst = false;
            BreakLine(depth + 1);
            WriteText(PythonText.AsString(key) ?? Scalar(key)
                ?? throw TemplateRuntimeException.Type($"keys must be str, int, float, bool or None, not {PythonType.Name(key)}"));
            _text.Append(_keySeparator);
            Write(value, depth + 1);
        }

        if (!isFirst)
        {
            BreakLine(depth);
        }

        _text.Append('}');
    }

    private void BreakLine(int depth)
    {
        if (_indent is null)
        {
            return;
        }

        _runtime.ChargeText((long)_indent.Length * depth);
        _text.Append('\n');
        for (int i = 0; i < depth; i++)
        {
            _text.Append(_indent);
        }
    }

    private void WriteText(string text)
    {
        _runtime.ChargeText(text.Length);
        _runtime.CheckTextLength((long)_text.Length + text.Length);
        _text.Append('"');
        foreach (char c in text)
        {
            _ = c switch
            {
                '"' => _text.Append("\\\""),
                '\\' => _text.Append("\\\\"),
                '\n' => _text.Append("\\n"),
                '\r' => _text.Append("\\r"),
                '\t' => _text.Append("\\t"),
                '\f' => _text.Append("\\f"),
                '\b' => _text.Append("\\b"),
                < ' ' => _text.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture)),
                > '~' when _ensureAscii => _text.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture)),
                _ => _text.Append(c),
            };
        }

        _text.Append('"');
    }
}
