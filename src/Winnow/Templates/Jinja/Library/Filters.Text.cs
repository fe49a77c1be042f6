using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Winnow.Templates.Jinja.Values;

namespace Winnow.Templates.Jinja.Library;

/// <summary>Filters that make text.</summary>
internal static partial class Filters
{
    private static readonly SearchValues<char> NotInAttributeNames = SearchValues.Create(" \t\n\r\f\v/>=");

    private static IEnumerable<Builtin> Text() =>
    [
        new("string", "", (runtime, value, _) => value as Markup ?? (object)runtime.ToText(value)),
        new("safe", "", (runtime, value, _) => new Markup(runtime.ToText(value))),
        new("e", "", (runtime, value, _) => Escape(runtime, value)),
        new("escape", "", (runtime, value, _) => Escape(runtime, value)),
        new("forceescape", "", (runtime, value, _) => new Markup(runtime.EscapeText(runtime.ToText(value)))),
        new("tojson", "ensure_ascii? indent? separators? sort_keys?", (runtime, value, a) => JsonWriter.Write(runtime, value, a)),
        new("upper", "", (runtime, value, _) => OfText(runtime, value, "upper")),
        new("lower", "", (runtime, value, _) => OfText(runtime, value, "lower")),
        new("capitalize", "", (runtime, value, _) => OfText(runtime, value, "capitalize")),
        new("title", "", (runtime, value, _) => Title(runtime.ToText(value))),
        new("trim", "chars?", (runtime, value, a) => OfText(runtime, value, "strip", a[0] is Missing or null ? [] : [a[0]])) { KeepsOrigins = true },
        new("center", "width?", (runtime, value, a) => OfText(runtime, value, "center", Or(a[0], 80L))),
        new("replace", "old new count?", (runtime, value, a) => StringMethods.Replace(
            runtime, runtime.ToText(value), runtime.ToText(a[0]), runtime.ToText(a[1]), a[2] is null ? -1 : Number.Index(a[2], -1))) { KeepsOrigins = true },
        new("format", (runtime, value, arguments) => Format(runtime, value, arguments)) { KeepsOrigins = true },
        new("indent", "width? first? blank?", (runtime, value, a) =>
            Indent(runtime, value, Or(a[0], 4L), Flag(a[1]), Flag(a[2]))) { KeepsOrigins = true },
        new("truncate", "length? killwords? end? leeway?", Truncate),
        new("wordcount", "", (runtime, value, _) => CountWords(runtime, runtime.ToText(value))),
        new("wordwrap", "width? break_long_words? wrapstring? break_on_hyphens?", WordWrap.Apply),
        new("striptags", "", (runtime, value, _) => StripTags(runtime, runtime.ToText(value))),
        new("urlencode", "", (runtime, value, _) => UrlEncode(runtime, value)),
        new("xmlattr", "autospace?", (runtime, value, a) => XmlAttributes(runtime, value, a[0] is Missing || Runtime.IsTrue(a[0]))),
        new("pprint", "", (runtime, value, _) => runtime.Represent(value)),
        new("filesizeformat", "binary?", (runtime, value, a) => FileSize(runtime, value, Flag(a[0]))),
    ];

    private static Markup Escape(Runtime runtime, object? value) => value as Markup ?? new Markup(runtime.EscapeText(value));

    /// <summary>Calls a method of str on a value's text; markup stays markup.</summary>
    private static object? OfText(Runtime runtime, object? value, string method, params object?[] arguments) => Methods.Call(
        runtime, new BoundMethod(StringMethods.Table[method], value as Markup ?? (object)runtime.ToText(value)), new CallArguments(arguments, []));

    private static string Title(string text)
    {
        StringBuilder title = new(text.Length);
        int start = 0;
        for (int i = 1; i <= text.Length; i++)
        {
            // A word is what stands between such signs; each of them is one of its own.
            if (i == text.Length || Separates(text[i - 1]))
            {
                int first = start + (char.IsHighSurrogate(text[start]) && start + 1 < i ? 2 : 1);
                title.Append(FullCase.Upper(text[start..first])).Append(FullCase.Lower(text[first..i]));
                start = i;
            }
        }

        return title.ToString();

        static bool Separates(char c) => c is '-' or '(' or '{' or '[' or '<' || PythonText.IsSpace(c);
    }

    private static object Format(Runtime runtime, object? value, CallArguments arguments)
    {
        if (arguments is { Positional.Length: > 0, Keywords.Length: > 0 })
        {
            throw new TemplateRuntimeException("FilterArgumentError: can't handle positional and keyword arguments at the same time");
        }

        object values = new PythonTuple(arguments.Positional);
        if (arguments.Keywords.Length > 0)
        {
            PythonDict named = new(runtime);
            foreach ((string key, object? item) in arguments.Keywords)
            {
                named.Set(key, item);
            }

            values = named;
        }

        return value is Markup markup
            ? new Markup(PercentFormat.Apply(runtime, markup.Text, values, escape: true))
            : PercentFormat.Apply(runtime, runtime.ToText(value), values, escape: false);
    }

    private static object Indent(Runtime runtime, object? value, object? width, bool first, bool blank)
    {
        string text = PythonText.AsString(value) ?? (value is Undefined undefined
            ? throw undefined.Fail()
            : throw TemplateRuntimeException.Type($"unsupported operand type(s) for +=: '{PythonType.Name(value)}' and 'str'"));
        string indentation = PythonText.AsString(width) ?? Spaces(runtime, Number.Index(width));
        TextBuilder indented = runtime.NewText();
        bool isFirst = true;
        foreach (string line in StringSplitter.SplitLines(runtime, runtime.Concat(text, "\n"), keepEnds: false))
        {
            StringMethods.Append(runtime, indented, isFirst ? "" : "\n");
            StringMethods.Append(runtime, indented, isFirst ? (first ? indentation : "") : blank || line.Length > 0 ? indentation : "");
            StringMethods.Append(runtime, indented, line);
            isFirst = false;
        }

        return value is Markup ? new Markup(indented.ToString()) : indented.ToString();
    }

    private static string Spaces(Runtime runtime, int count)
    {
        runtime.ChargeText(count);
        return new string(' ', Math.Max(count, 0));
    }

    private static object? Truncate(Runtime runtime, object? value, object?[] arguments)
    {
        const int DefaultLength = 255;
        const int DefaultLeeway = 5;
        int length = Number.Index(arguments[0], DefaultLength);
        string end = arguments[2] is Missing ? "..." : StringMethods.Text(arguments[2]);
        int leeway = arguments[3] is null ? DefaultLeeway : Number.Index(arguments[3], DefaultLeeway);
        int kept = length - CodePoints.Count(end);
        if (kept < 0 || leeway < 0)
        {
            throw new TemplateRuntimeException("AssertionError: length must cover the end, and leeway must not be negative");
        }

        if (Runtime.Count(value) <= length + leeway)
        {
            return value;
        }

        string text = StringMethods.Text(value);
        text = text[..CodePoints.Offset(text, kept)];
        int space = Flag(arguments[1]) ? -1 : text.LastIndexOf(' ');
        return (space < 0 ? text : text[..space]) + end;
    }

    private static long CountWords(Runtime runtime, string text)
    {
        runtime.Charge(text.Length / 4);
        return Word().Count(text);
    }

    private static Markup StripTags(Runtime runtime, string text)
    {
        runtime.Charge(text.Length / 4);
        StringBuilder stripped = new(text.Length);

        // No tag ends behind the last of its ends: to look for one from every beginning would take the square of the length.
        int lastTag = text.LastIndexOf('>');
        int lastComment = text.LastIndexOf("-->", StringComparison.Ordinal);
        for (int i = 0; i < text.Length; i++)
        {
            bool isComment = string.CompareOrdinal(text, i, "<!--", 0, 4) == 0;
            int close = text[i] != '<' || i > (isComment ? lastComment : lastTag) ? -1
                : isComment ? text.IndexOf("-->", i, StringComparison.Ordinal) + 2
                : text.IndexOf('>', i);
            if (close <= i)
            {
                stripped.Append(text[i]);
                continue;
            }

            i = close;
        }

        string joined = string.Join(' ', stripped.ToString().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return new Markup(System.Net.WebUtility.HtmlDecode(joined));
    }

    private static string UrlEncode(Runtime runtime, object? value)
    {
        if (PythonText.AsString(value) is { } text)
        {
            return Quote(runtime, text, "/");
        }

        if (!runtime.TryIterate(value, out IEnumerable<object?> items))
        {
            return Quote(runtime, runtime.ToText(value), "/");
        }

        IEnumerable<object?> pairs = value is PythonDict dict ? new DictView(dict, DictViewKind.Items).Items : items;
        return string.Join('&', pairs.Select(pair =>
        {
            List<object?> parts = runtime.ToList(pair);
            return parts.Count == 2
                ? Quote(runtime, runtime.ToText(parts[0]), "").Replace("%20", "+", StringComparison.Ordinal) + "="
                    + Quote(runtime, runtime.ToText(parts[1]), "").Replace("%20", "+", StringComparison.Ordinal)
                : throw TemplateRuntimeException.Value("urlencode needs pairs");
        }));
    }

    private static string Quote(Runtime runtime, string text, string safe)
    {
        StringBuilder quoted = new();
        foreach (byte unit in Encoding.UTF8.GetBytes(text))
        {
            runtime.CheckTextLength(quoted.Length);
            char c = (char)unit;
            _ = char.IsAsciiLetterOrDigit(c) || "_.-~".Contains(c, StringComparison.Ordinal) || safe.Contains(c, StringComparison.Ordinal)
                ? quoted.Append(c)
                : quoted.Append('%').Append(unit.ToString("X2", CultureInfo.InvariantCulture));
        }

        return quoted.ToString();
    }

    private static string XmlAttributes(Runtime runtime, object? value, bool autospace)
    {
        PythonDict dict = value as PythonDict
            ?? throw TemplateRuntimeException.Type($"xmlattr needs a mapping, not {PythonType.Name(value)}");
        List<string> attributes = [];
        foreach ((object? key, object? item) in dict.Entries)
        {
            if (item is null or Undefined)
            {
                continue;
            }

            string name = StringMethods.Text(key);
            attributes.Add(name.AsSpan().IndexOfAny(NotInAttributeNames) < 0
                ? $"{Markup.Escape(name)}=\"{runtime.EscapeText(item)}\""
                : throw TemplateRuntimeException.Value($"Invalid character in attribute name: {runtime.Represent(key)}"));
        }

        return (autospace && attributes.Count > 0 ? " " : "") + string.Join(' ', attributes);
    }

    private static string FileSize(Runtime runtime, object? value, bool binary)
    {
        double size = ToFloat(runtime, value) as double? ?? throw TemplateRuntimeException.Value("could not convert to float");
        int unit = binary ? 1024 : 1000;
        if (size == 1)
        {
            return "1 Byte";
        }

        if (size < unit)
        {
            return runtime.ToText(Number.Truncate(size)) + " Bytes";
        }

        int power = 1;
        while (power < 8 && size >= Math.Pow(unit, power + 1))
        {
            power++;
        }

        return FloatText.Fixed(size / Math.Pow(unit, power), 1) + " " + (binary ? "KMGTPEZY"[power - 1] + "i" : "kMGTPEZY"[power - 1].ToString()) + "B";
    }

    [GeneratedRegex(@"\w+", RegexOptions.CultureInvariant)]
    private static partial Regex Word();
}
