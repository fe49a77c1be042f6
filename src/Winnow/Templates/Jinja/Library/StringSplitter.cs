using Winnow.Templates.Jinja.Values;

namespace Winnow.Templates.Jinja.Library;

/// <summary>The ways in which Python's str is cut into parts.</summary>
internal static class StringSplitter
{
    public static object Split(Runtime runtime, string text, object? separator, int limit)
    {
        runtime.ChargeText(text.Length);
        if (separator is Missing or null)
        {
            return SplitAtSpace(runtime, text, limit);
        }

        string sign = Separator(separator);
        runtime.ChargeSearch(text, sign);
        List<object?> parts = [];
        int from = 0;
        for (int at; parts.Count != limit && (at = text.IndexOf(sign, from, StringComparison.Ordinal)) >= 0; from = at + sign.Length)
        {
            runtime.Charge(1);
            parts.Add(runtime.Cut(text, from, at));
        }

        parts.Add(runtime.Cut(text, from, text.Length));
        return parts;
    }

    public static object SplitFromEnd(Runtime runtime, string text, object? separator, int limit)
    {
        runtime.ChargeText(text.Length);
        if (separator is Missing or null)
        {
            return SplitAtSpaceFromEnd(runtime, text, limit);
        }

        string sign = Separator(separator);
        runtime.ChargeSearch(text, sign);
        List<object?> parts = [];
        int end = text.Length;
        for (int at; parts.Count != limit && (at = text.AsSpan(0, end).LastIndexOf(sign)) >= 0; end = at)
        {
            runtime.Charge(1);
            parts.Add(runtime.Cut(text, at + sign.Length, end));
        }

        parts.Add(runtime.Cut(text, 0, end));
        parts.Reverse();
        return parts;
    }

    public static List<string> SplitLines(Runtime runtime, string text, bool keepEnds)
    {
        runtime.ChargeText(text.Length);
        List<string> lines = [];
        int start = 0;
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] is '\n' or '\r' or '\v' or '\f' or (>= '\u001C' and <= '\u001E') or '\u0085' or '\u2028' or '\u2029')
            {
                int end = i;
                i += text[i] == '\r' && i + 1 < text.Length && text[i + 1] == '\n' ? 1 : 0;
                runtime.Charge(1);
                lines.Add(runtime.Cut(text, start, keepEnds ? i + 1 : end));
                start = i + 1;
            }
        }

        if (start < text.Length)
        {
            lines.Add(runtime.Cut(text, start, text.Length));
        }

        return lines;
    }

    public static PythonTuple Partition(Runtime runtime, string text, string separator, bool fromEnd)
    {
        separator = Separator(separator);
        runtime.ChargeSearch(text, separator);
        int at = fromEnd ? text.LastIndexOf(separator, StringComparison.Ordinal) : text.IndexOf(separator, StringComparison.Ordinal);
        return at >= 0 ? new PythonTuple([runtime.Cut(text, 0, at), separator, runtime.Cut(text, at + separator.Length, text.Length)])
            : fromEnd ? new PythonTuple(["", "", text])
            : new PythonTuple([text, "", ""]);
    }

    private static string Separator(object? value)
    {
        string separator = StringMethods.Text(value);
        return separator.Length > 0 ? separator : throw TemplateRuntimeException.Value("empty separator");
    }

    private static List<object?> SplitAtSpace(Runtime runtime, string text, int limit)
    {
        List<object?> parts = [];
        int at = 0;
        while (true)
        {
            while (at < text.Length && PythonText.IsSpace(text[at]))
            {
                at++;
            }

            if (at == text.Length)
            {
                return parts;
            }

            if (parts.Count == limit)
            {
                parts.Add(runtime.Cut(text, at, text.Length));
                return parts;
            }

            int start = at;
            while (at < text.Length && !PythonText.IsSpace(text[at]))
            {
                at++;
            }

            runtime.Charge(1);
            parts.Add(runtime.Cut(text, start, at));
        }
    }

    private static List<object?> SplitAtSpaceFromEnd(Runtime runtime, string text, int limit)
    {
        List<object?> parts = [];
        int end = text.Length;
        while ((end = PythonText.TrimmedEnd(text.AsSpan(0, end))) > 0)
        {
            if (parts.Count == limit)
            {
                parts.Add(runtime.Cut(text, 0, end));
                break;
            }

            int start = end;
            while (start > 0 && !PythonText.IsSpace(text[start - 1]))
            {
                start--;
            }

            runtime.Charge(1);
            parts.Add(runtime.Cut(text, start, end));
            end = start;
        }

        parts.Reverse();
        return parts;
    }
}
