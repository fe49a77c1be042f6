using System.Globalization;
using System.Text;
using Winnow.Templates.Jinja.Values;

namespace Winnow.Templates.Jinja.Library;

/// <summary>The methods of Python's str.</summary>
internal static class StringMethods
{
    public static IReadOnlyDictionary<string, Builtin> Table { get; } = new Builtin[]
    {
        Simple("capitalize", Capitalize),
        Simple("casefold", FullCase.Fold),
        Simple("lower", FullCase.Lower),
        Simple("swapcase", SwapCase),
        Simple("title", Title),
        Simple("upper", FullCase.Upper),
        Test("isalnum", text => All(text, rune => Rune.IsLetterOrDigit(rune) || Rune.IsNumber(rune))),
        Test("isalpha", text => All(text, Rune.IsLetter)),
        Test("isdecimal", text => All(text, rune => Rune.GetUnicodeCategory(rune) == UnicodeCategory.DecimalDigitNumber)),
        Test("isdigit", text => All(text, rune => Rune.IsDigit(rune) || "²³¹⁰⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉".Contains(rune.ToString(), StringComparison.Ordinal))),
        Test("isnumeric", text => All(text, Rune.IsNumber)),
        Test("isspace", text => text.Length > 0 && text.All(PythonText.IsSpace)),
        Test("isascii", text => text.All(char.IsAscii)),
        Test("isidentifier", IsIdentifier),
        Test("isprintable", text => PythonText.Quote(new StringBuilder(), text.Replace("\\", "", StringComparison.Ordinal)
            .Replace("'", "", StringComparison.Ordinal)).ToString().AsSpan(1).IndexOf('\\') < 0),
        Test("islower", IsLower),
        Test("isupper", IsUpper),
        Test("istitle", text => text.Any(char.IsLetter) && text == Title(text)),
        new("strip", "_?", (runtime, self, a) => Strip(runtime, (string)self!, a[0], true, true)) { KeepsOrigins = true },
        new("lstrip", "_?", (runtime, self, a) => Strip(runtime, (string)self!, a[0], true, false)) { KeepsOrigins = true },
        new("rstrip", "_?", (runtime, self, a) => Strip(runtime, (string)self!, a[0], false, true)) { KeepsOrigins = true },
        new("removeprefix", "_", (runtime, self, a) => self is string text && text.StartsWith(Text(a[0]), StringComparison.Ordinal)
            ? runtime.Cut(text, Text(a[0]).Length, text.Length) : self) { KeepsOrigins = true },
        new("removesuffix", "_", (runtime, self, a) => self is string text && text.EndsWith(Text(a[0]), StringComparison.Ordinal)
            ? runtime.Cut(text, 0, text.Length - Text(a[0]).Length) : self) { KeepsOrigins = true },
        new("startswith", "_ _? _?", (runtime, self, a) => Affix(runtime, (string)self!, a, (text, part) => text.StartsWith(part, StringComparison.Ordinal))),
        new("endswith", "_ _? _?", (runtime, self, a) => Affix(runtime, (string)self!, a, (text, part) => text.EndsWith(part, StringComparison.Ordinal))),
        new("split", "sep? maxsplit?", (runtime, self, a) => StringSplitter.Split(runtime, (string)self!, a[0], Number.Index(a[1], -1))) { KeepsOrigins = true },
        new("rsplit", "sep? maxsplit?", (runtime, self, a) => StringSplitter.SplitFromEnd(runtime, (string)self!, a[0], Number.Index(a[1], -1))) { KeepsOrigins = true },
        new("splitlines", "keepends?", (runtime, self, a) =>
            StringSplitter.SplitLines(runtime, (string)self!, a[0] is not Missing && Runtime.IsTrue(a[0])).ConvertAll<object?>(line => line)) { KeepsOrigins = true },
        new("partition", "_", (runtime, self, a) => StringSplitter.Partition(runtime, (string)self!, Text(a[0]), fromEnd: false)) { KeepsOrigins = true },
        new("rpartition", "_", (runtime, self, a) => StringSplitter.Partition(runtime, (string)self!, Text(a[0]), fromEnd: true)) { KeepsOrigins = true },
        new("join", "_", (runtime, self, a) => Join(runtime, (string)self!, a[0])) { KeepsOrigins = true },
        new("replace", "_ _ count?", (runtime, self, a) => Replace(runtime, (string)self!, Text(a[0]), Text(a[1]), Number.Index(a[2], -1))) { KeepsOrigins = true },
        new("find", "_ _? _?", (runtime, self, a) => Find(runtime, (string)self!, a, fromEnd: false)),
        new("rfind", "_ _? _?", (runtime, self, a) => Find(runtime, (string)self!, a, fromEnd: true)),
        new("index", "_ _? _?", (runtime, self, a) => Found(Find(runtime, (string)self!, a, fromEnd: false))),
        new("rindex", "_ _? _?", (runtime, self, a) => Found(Find(runtime, (string)self!, a, fromEnd: true))),
        new("count", "_ _? _?", (runtime, self, a) => CountOf(runtime, (string)self!, a)),
        new("center", "_ _?", (runtime, self, a) => Pad(runtime, (string)self!, a, '^')),
        new("ljust", "_ _?", (runtime, self, a) => Pad(runtime, (string)self!, a, '<')),
        new("rjust", "_ _?", (runtime, self, a) => Pad(runtime, (string)self!, a, '>')),
        new("zfill", "_", (runtime, self, a) => FillZeros(runtime, (string)self!, Number.Index(a[0]))),
        new("expandtabs", "tabsize?", (runtime, self, a) => ExpandTabs(runtime, (string)self!, Number.Index(a[0], 8))),
        new("format", (runtime, self, arguments) => Format(runtime, (string)self!, "format", arguments, escape: false)) { KeepsOrigins = true },
        new("format_map", (runtime, self, arguments) => Format(runtime, (string)self!, "format_map", arguments, escape: false)) { KeepsOrigins = true },
    }.ToDictionary(method => method.Name, StringComparer.Ordinal);

    public static string Text(object? value) => PythonText.AsString(value)
        ?? throw TemplateRuntimeException.Type($"must be str, not {PythonType.Name(value)}");

    public static string Capitalize(string text)
    {
        int first = CodePoints.Offset(text, 1);
        return text.Length == 0 ? text : TitleCase(text[..first]) + LowerFrom(text, first);
    }

    /// <summary>The lower case of the rest of a text; what stands before it decides which Σ are final.</summary>
    private static string LowerFrom(string text, int start) => FullCase.Lower(text)[FullCase.LowerEach(text[..start]).Length..];

    public static bool IsLower(string text) => text.Any(char.IsLower) && !text.Any(c => char.IsUpper(c) || IsTitleLetter(c));

    public static bool IsUpper(string text) => text.Any(char.IsUpper) && !text.Any(c => char.IsLower(c) || IsTitleLetter(c));

    public static string Strip(Runtime runtime, string text, object? characters, bool atStart, bool atEnd)
    {
        int start = 0;
        int end = text.Length;
        Func<char, bool> strips = PythonText.IsSpace;
        if (characters is not (Missing or null))
        {
            string set = Text(characters);
            runtime.ChargeText(set.Length);
            HashSet<char> stripped = [.. set];
            strips = stripped.Contains;
        }

        while (atStart && start < end && strips(text[start]))
        {
            start++;
        }

        while (atEnd && end > start && strips(text[end - 1]))
        {
            end--;
        }

        return runtime.Cut(text, start, end);
    }

    public static string Replace(Runtime runtime, string text, string old, string replacement, int count)
    {
        if (count == 0)
        {
            return text;
        }

        runtime.ChargeSearch(text, old);
        TextBuilder result = runtime.NewText();
        int from = 0;
        for (int done = 0; done != count; done++)
        {
            // An empty text stands before every character and at the end.
            int at = old.Length == 0 ? from : text.IndexOf(old, from, StringComparison.Ordinal);
            if (at < 0)
            {
                break;
            }

            runtime.CheckTextLength((long)result.Length + at - from + replacement.Length);
            runtime.Charge(1 + (replacement.Length / 16));
            result.Append(text, from, at - from).Append(replacement);
            from = at + old.Length;
            if (old.Length == 0)
            {
                if (from >= text.Length)
                {
                    return result.ToString();
                }

                int next = char.IsSurrogatePair(text, from) ? 2 : 1;
                result.Append(text, from, next);
                from += next;
            }
        }

        runtime.ChargeText((long)result.Length + text.Length - from);
        return result.Append(text, from, text.Length - from).ToString();
    }

    public static string Join(Runtime runtime, string separator, object? items)
    {
        TextBuilder text = runtime.NewText();
        bool isFirst = true;
        foreach (object? item in runtime.Iterate(items))
        {
            string part = PythonText.AsString(item)
                ?? throw TemplateRuntimeException.Type($"sequence item: expected str instance, {PythonType.Name(item)} found");
            Append(runtime, text, isFirst ? "" : separator);
            Append(runtime, text, part);
            isFirst = false;
        }

        return text.ToString();
    }

    /// <summary>Appends to a text that is being made, within what a rendering may spend.</summary>
    public static void Append(Runtime runtime, TextBuilder text, string part)
    {
        runtime.CheckTextLength((long)text.Length + part.Length);
        runtime.ChargeText(part.Length);
        text.Append(part);
    }

    public static string Pad(Runtime runtime, string text, object?[] arguments, char align)
    {
        int width = Number.Index(arguments[0]);
        string fill = arguments[1] is Missing ? " " : Text(arguments[1]);
        int missing = width - CodePoints.Count(text);
        if (CodePoints.Count(fill) != 1)
        {
            throw TemplateRuntimeException.Type("The fill character must be exactly one character long");
        }

        if (missing <= 0)
        {
            return text;
        }

        runtime.ChargeText((long)text.Length + missing);

        // CPython centers an odd rest to the left in odd widths, to the right in even ones.
        int left = align switch { '<' => 0, '>' => missing, _ => (missing / 2) + (missing & width & 1) };
        return string.Concat(Enumerable.Repeat(fill, left)) + text + string.Concat(Enumerable.Repeat(fill, missing - left));
    }

    public static string Format(Runtime runtime, string format, string method, CallArguments arguments, bool escape)
    {
        if (method == "format")
        {
            return BraceFormat.Apply(runtime, format, arguments, escape);
        }

        return arguments is { Positional: [object mapping], Keywords.Length: 0 }
            ? BraceFormat.Apply(runtime, format, mapping, escape)
            : throw TemplateRuntimeException.Type("format_map() takes exactly one argument");
    }

    private static Builtin Simple(string name, Func<string, string> body) => new(name, "", (runtime, self, _) =>
    {
        string text = (string)self!;
        runtime.ChargeText(text.Length);
        return body(text);
    });

    private static Builtin Test(string name, Func<string, bool> body) => new(name, "", (runtime, self, _) =>
    {
        string text = (string)self!;
        runtime.ChargeText(text.Length);
        return body(text);
    });

    private static bool All(string text, Func<Rune, bool> test)
    {
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (!test(rune))
            {
                return false;
            }
        }

        return text.Length > 0;
    }

    private static bool IsIdentifier(string text) =>
        text.Length > 0 && !char.IsDigit(text[0]) && text.All(c => c == '_' || char.IsLetterOrDigit(c));

    private static bool IsTitleLetter(char c) => char.GetUnicodeCategory(c) == UnicodeCategory.TitlecaseLetter;

    private static string TitleCase(string letter) => Rune.TryGetRuneAt(letter, 0, out Rune rune) ? FullCase.Title(rune) : letter;

    private static string SwapCase(string text)
    {
        StringBuilder swapped = new(text.Length);
        string lower = FullCase.Lower(text);
        int at = 0;
        for (int i = 0; i < text.Length; i++)
        {
            int length = char.IsHighSurrogate(text[i]) && i + 1 < text.Length ? 2 : 1;
            int lowerLength = text[i] == '\u0130' ? 2 : length;
            _ = char.IsUpper(text, i) ? swapped.Append(lower, at, lowerLength)
                : char.IsLower(text, i) && Rune.TryGetRuneAt(text, i, out Rune rune) ? swapped.Append(FullCase.Upper(rune))
                : swapped.Append(text, i, length);
            at += lowerLength;
            i += length - 1;
        }

        return swapped.ToString();
    }

    private static string Title(string text)
    {
        StringBuilder title = new(text.Length);
        string lower = FullCase.Lower(text);
        int at = 0;
        bool insideWord = false;
        for (int i = 0; i < text.Length; i++)
        {
            int length = char.IsHighSurrogate(text[i]) && i + 1 < text.Length ? 2 : 1;
            int lowerLength = text[i] == '\u0130' ? 2 : length;
            _ = insideWord ? title.Append(lower, at, lowerLength) : title.Append(TitleCase(text.Substring(i, length)));
            insideWord = char.IsLower(text, i) || char.IsUpper(text, i) || CharUnicodeInfo.GetUnicodeCategory(text, i) == UnicodeCategory.TitlecaseLetter;
            at += lowerLength;
            i += length - 1;
        }

        return title.ToString();
    }

    private static bool Affix(Runtime runtime, string text, object?[] arguments, Func<string, string, bool> test)
    {
        if (arguments[1] is not Missing || arguments[2] is not Missing)
        {
            (int start, int end) = Bounds(text, arguments);
            if (start > end)
            {
                return false;
            }

            text = text[start..end];
        }

        if (arguments[0] is PythonTuple tuple)
        {
            runtime.Charge(tuple.Items.Length);
            return Array.Exists(tuple.Items, part => test(text, Text(part)));
        }

        return test(text, PythonText.AsString(arguments[0])
            ?? throw TemplateRuntimeException.Type($"first arg must be str or a tuple of str, not {PythonType.Name(arguments[0])}"));
    }

    /// <summary>The UTF-16 range that the optional second and third argument select.</summary>
    private static (int Start, int End) Bounds(string text, object?[] arguments)
    {
        int count = CodePoints.Count(text);
        int start = arguments[1] is Missing or null ? 0 : Number.Index(arguments[1]);
        int end = arguments[2] is Missing or null ? count : Number.Index(arguments[2]);
        start = start < 0 ? Math.Max(start + count, 0) : start;
        end = Math.Clamp(end < 0 ? end + count : end, 0, count);
        return start > count ? (int.MaxValue, 0) : (CodePoints.Offset(text, start), CodePoints.Offset(text, end));
    }

    private static long Find(Runtime runtime, string text, object?[] arguments, bool fromEnd)
    {
        string part = Text(arguments[0]);
        runtime.ChargeSearch(text, part);
        (int start, int end) = Bounds(text, arguments);
        if (start > end)
        {
            return -1L;
        }

        ReadOnlySpan<char> range = text.AsSpan(start, end - start);
        int at = fromEnd ? range.LastIndexOf(part) : range.IndexOf(part);
        return at < 0 ? -1L : CodePoints.Index(text, start + at);
    }

    private static long Found(long index) => index < 0 ? throw TemplateRuntimeException.Value("substring not found") : index;

    private static object CountOf(Runtime runtime, string text, object?[] arguments)
    {
        string part = Text(arguments[0]);
        runtime.ChargeSearch(text, part);
        (int start, int end) = Bounds(text, arguments);
        return start > end ? 0L
            : part.Length == 0 ? CodePoints.Count(text[start..end]) + 1L
            : text.AsSpan(start, end - start).Count(part);
    }

    private static string FillZeros(Runtime runtime, string text, int width)
    {
        int missing = width - CodePoints.Count(text);
        runtime.ChargeText(Math.Max(missing, 0));
        int sign = text.Length > 0 && text[0] is '+' or '-' ? 1 : 0;
        return missing <= 0 ? text : text.Insert(sign, new string('0', missing));
    }

    private static string ExpandTabs(Runtime runtime, string text, int tabSize)
    {
        StringBuilder expanded = new();
        int column = 0;
        foreach (char c in text)
        {
            if (c == '\t')
            {
                int spaces = tabSize > 0 ? tabSize - (column % tabSize) : 0;
                runtime.ChargeText(spaces);
                runtime.CheckTextLength((long)expanded.Length + spaces);
                expanded.Append(' ', spaces);
                column += spaces;
                continue;
            }

            expanded.Append(c);
            column = c is '\n' or '\r' ? 0 : column + 1;
        }

        return expanded.ToString();
    }
}
