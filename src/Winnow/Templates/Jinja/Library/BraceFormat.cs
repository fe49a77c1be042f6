using System.Globalization;
using Winnow.Templates.Jinja.Values;

namespace Winnow.Templates.Jinja.Library;

/// <summary><c>str.format</c>: fields such as <c>{}</c>, <c>{0.name[key]!r:&gt;10}</c>.</summary>
internal sealed class BraceFormat
{
    private const int MaxNesting = 2;

    private readonly Runtime _runtime;
    private readonly object?[] _positional;
    private readonly Func<string, object?> _named;
    private readonly bool _escape;
    private int _nextIndex;

    private BraceFormat(Runtime runtime, object?[] positional, Func<string, object?> named, bool escape)
    {
        _runtime = runtime;
        _positional = positional;
        _named = named;
        _escape = escape;
    }

    public static string Apply(Runtime runtime, string format, CallArguments arguments, bool escape)
    {
        Dictionary<string, object?> keywords = new(arguments.Keywords, StringComparer.Ordinal);
        return new BraceFormat(
            runtime,
            arguments.Positional,
            name => keywords.TryGetValue(name, out object? value) ? value : throw new TemplateRuntimeException($"KeyError: '{name}'"),
            escape).Format(format, 0);
    }

    /// <summary><c>str.format_map</c></summary>
    public static string Apply(Runtime runtime, string format, object? mapping, bool escape) =>
        new BraceFormat(
            runtime,
            [],
            name => mapping is PythonDict dict && dict.TryGet(name, out object? value)
                ? value
                : throw new TemplateRuntimeException($"KeyError: '{name}'"),
            escape).Format(format, 0);

    private string Format(string format, int nesting)
    {
        if (nesting > MaxNesting - 1)
        {
            throw TemplateRuntimeException.Value("Max string recursion exceeded");
        }

        TextBuilder text = _runtime.NewText();
        for (int i = 0; i < format.Length; i++)
        {
            char c = format[i];
            if (c is not ('{' or '}'))
            {
                text.Append(format, i, 1);
            }
            else if (i + 1 < format.Length && format[i + 1] == c)
            {
                text.Append(format, i, 1);
                i++;
            }
            else if (c == '}')
            {
                throw TemplateRuntimeException.Value("Single '}' encountered in format string");
            }
            else
            {
                int end = FindEnd(format, i);
                text.Append(FormatField(format[(i + 1)..end], nesting));
                _runtime.ChargeText(text.Length);
                i = end;
            }
        }

        return text.ToString();
    }

    private static int FindEnd(string format, int open)
    {
        int depth = 0;
        for (int i = open; i < format.Length; i++)
        {
            depth += format[i] switch { '{' => 1, '}' => -1, _ => 0 };
            if (depth == 0)
            {
                return i;
            }
        }

        throw TemplateRuntimeException.Value("expected '}' before end of string");
    }

    private string FormatField(string field, int nesting)
    {
        int nameEnd = NameEnd(field);
        string conversion = "";
        string spec = "";
        if (nameEnd < field.Length && field[nameEnd] == '!')
        {
            int colon = field.IndexOf(':', nameEnd);
            conversion = field[(nameEnd + 1)..(colon < 0 ? field.Length : colon)];
            spec = colon < 0 ? "" : field[(colon + 1)..];
        }
        else if (nameEnd < field.Length)
        {
            spec = field[(nameEnd + 1)..];
        }

        object? value = Resolve(field[..nameEnd]);
        value = conversion switch
        {
            "" => value,
            "s" => _runtime.ToText(value),
            "r" => _runtime.Represent(value),
            "a" => JsonWriter.EscapeNonAscii(_runtime.Represent(value)),
            _ => throw TemplateRuntimeException.Value($"Unknown conversion specifier '{conversion}'"),
        };
        spec = spec.Contains('{', StringComparison.Ordinal) ? Format(spec, nesting + 1) : spec;
        string text = value is Undefined && spec.Length == 0 ? "" : _runtime.Made(FormatSpec.Parse(spec).Format(_runtime, value), value);
        return _escape && value is not Markup ? _runtime.EscapeText(text) : text;
    }

    private static int NameEnd(string field)
    {
        bool inBrackets = false;
        for (int i = 0; i < field.Length; i++)
        {
            inBrackets = field[i] == '[' || (inBrackets && field[i] != ']');
            if (!inBrackets && field[i] is '!' or ':')
            {
                return i;
            }
        }

        return field.Length;
    }

    private object? Resolve(string name)
    {
        int end = name.AsSpan().IndexOfAny('.', '[');
        string first = end < 0 ? name : name[..end];
        object? value = first.Length == 0 ? Positional(_nextIndex++)
            : first.AsSpan().IndexOfAnyExceptInRange('0', '9') < 0 ? Positional(ParseIndex(first))
            : _named(first);
        for (int i = end < 0 ? name.Length : end; i < name.Length;)
        {
            bool isAttribute = name[i] == '.';
            int next = isAttribute ? name.AsSpan(i + 1).IndexOfAny('.', '[') : name.AsSpan(i + 1).IndexOf(']');
            next = next >= 0 ? next + i + 1 : isAttribute ? name.Length : throw TemplateRuntimeException.Value("Missing ']' in format string");
            string part = name[(i + 1)..next];
            bool isIndex = !isAttribute && part.Length > 0 && part.AsSpan().IndexOfAnyExceptInRange('0', '9') < 0;
            value = isAttribute ? _runtime.GetAttribute(value, part) : _runtime.GetItem(value, isIndex ? (long)ParseIndex(part) : part);
            i = isAttribute ? next : next + 1;
        }

        return value;
    }

    private static int ParseIndex(string digits) =>
        int.TryParse(digits, CultureInfo.InvariantCulture, out int index) ? index : throw TemplateRuntimeException.Value("Too many decimal digits in format string");

    private object? Positional(int index) => index < _positional.Length
        ? _positional[index]
        : throw new TemplateRuntimeException($"IndexError: Replacement index {index} out of range for positional args tuple");
}
