using System.Globalization;
using Winnow.Templates.Jinja.Values;

namespace Winnow.Templates.Jinja.Library;

/// <summary><c>format % values</c>: fields such as <c>%s</c>, <c>%(name)05.1f</c>.</summary>
internal static class PercentFormat
{
    public static string Apply(Runtime runtime, string format, object? values, bool escape)
    {
        object?[] positional = values is PythonTuple tuple ? tuple.Items : [values];
        TextBuilder text = runtime.NewText();
        int used = 0;
        bool usedName = false;
        for (int i = 0; i < format.Length; i++)
        {
            if (format[i] != '%')
            {
                text.Append(format, i, 1);
                continue;
            }

            i++;
            object? value = Missing.Value;
            if (i < format.Length && format[i] == '(')
            {
                int close = format.IndexOf(')', i);
                string name = close < 0 ? throw TemplateRuntimeException.Value("incomplete format key") : format[(i + 1)..close];
                value = values is not PythonDict dict ? throw TemplateRuntimeException.Type("format requires a mapping")
                    : dict.TryGet(name, out object? item) ? item
                    : throw new TemplateRuntimeException($"KeyError: '{name}'");
                usedName = true;
                i = close + 1;
            }

            FormatSpec spec = ReadSpec(format, ref i, () => Take(positional, ref used));
            char type = i < format.Length ? format[i] : throw TemplateRuntimeException.Value("incomplete format");
            if (type == '%')
            {
                text.Append('%');
                continue;
            }

            value = value is Missing ? Take(positional, ref used) : value;
            string field = runtime.Made(FormatValue(runtime, spec, type, value), value);
            text.Append(escape && value is not Markup && type is 's' or 'r' ? runtime.EscapeText(field) : field);
            runtime.ChargeText(text.Length);
        }

        bool isMapping = values is PythonDict || usedName;
        return used < positional.Length && !isMapping && (values is PythonTuple || values is not (List<object?> or Undefined))
            ? throw TemplateRuntimeException.Type("not all arguments converted during string formatting")
            : text.ToString();
    }

    private static FormatSpec ReadSpec(string format, ref int i, Func<object?> take)
    {
        bool left = false;
        bool zero = false;
        FormatSpec spec = new();
        for (; i < format.Length && "-+ 0#".Contains(format[i], StringComparison.Ordinal); i++)
        {
            left |= format[i] == '-';
            zero |= format[i] == '0';
            spec = format[i] switch
            {
                '+' => spec with { Sign = '+' },
                ' ' when spec.Sign != '+' => spec with { Sign = ' ' },
                '#' => spec with { IsAlternate = true },
                _ => spec,
            };
        }

        int width = ReadNumber(format, ref i, take) ?? 0;
        left |= width < 0;
        spec = spec with { Width = Math.Abs(width), Align = left ? '<' : zero ? '=' : '>', Fill = zero && !left ? "0" : " " };
        if (i < format.Length && format[i] == '.')
        {
            i++;
            spec = spec with { Precision = ReadNumber(format, ref i, take) ?? 0 };
        }

        while (i < format.Length && format[i] is 'l' or 'h' or 'L')
        {
            i++;
        }

        return spec;
    }

    private static string FormatValue(Runtime runtime, FormatSpec spec, char type, object? value)
    {
        switch (type)
        {
            case 's' or 'r' or 'a':
                string text = type == 's' ? runtime.ToText(value) : runtime.Represent(value);
                text = type == 'a' ? JsonWriter.EscapeNonAscii(text) : text;
                return (spec with { Fill = " ", Align = spec.Align == '=' ? '>' : spec.Align }).Format(runtime, text);
            case 'c':
                string character = PythonText.AsString(value) ?? char.ConvertFromUtf32(Math.Clamp(Number.Index(value), 0, 0xD7FF));
                return CodePoints.Count(character) == 1
                    ? (spec with { Fill = " ", Align = spec.Align == '=' ? '>' : spec.Align, Precision = null }).Format(runtime, character)
                    : throw TemplateRuntimeException.Type("%c requires int or char");
            case 'd' or 'i' or 'u':
                RequireNumber(type, value);
                object integer = value is double number ? Number.Truncate(number) : value!;
                return FormatInteger(runtime, spec, 'd', integer);
            case 'x' or 'X' or 'o':
                return Number.TryInteger(value, out _)
                    ? FormatInteger(runtime, spec, type, value!)
                    : throw TemplateRuntimeException.Type($"%{type} format: an integer is required, not {PythonType.Name(value)}");
            case 'e' or 'E' or 'f' or 'F' or 'g' or 'G':
                RequireNumber(type, value);
                return (spec with { Type = type }).Format(runtime, Number.ToDouble(value));
            default:
                throw TemplateRuntimeException.Value($"unsupported format character '{type}'");
        }
    }

    private static string FormatInteger(Runtime runtime, FormatSpec spec, char type, object value)
    {
        if (spec.Precision is { } digits)
        {
            // A precision asks for at least as many digits.
            runtime.ChargeText(digits);
            string plain = new FormatSpec { Type = type, Sign = spec.Sign, IsAlternate = spec.IsAlternate, Align = '=', Fill = "0", Width = digits }
                .Format(runtime, value);
            return (spec with { Precision = null, Align = spec.Align == '=' ? '>' : spec.Align, Fill = " " }).Format(runtime, plain);
        }

        return (spec with { Type = type }).Format(runtime, value is bool flag ? (flag ? 1L : 0L) : value);
    }

    private static void RequireNumber(char type, object? value)
    {
        if (value is Undefined undefined)
        {
            throw undefined.Fail();
        }

        if (!Number.Is(value))
        {
            throw TemplateRuntimeException.Type($"%{type} format: a real number is required, not {PythonType.Name(value)}");
        }
    }

    private static object? Take(object?[] positional, ref int used) => used < positional.Length
        ? positional[used++]
        : throw TemplateRuntimeException.Type("not enough arguments for format string");

    private static int? ReadNumber(string format, ref int i, Func<object?> take)
    {
        if (i < format.Length && format[i] == '*')
        {
            i++;
            return Number.Index(take());
        }

        int start = i;
        while (i < format.Length && char.IsAsciiDigit(format[i]))
        {
            i++;
        }

        return i == start ? null
            : int.TryParse(format.AsSpan(start, i - start), CultureInfo.InvariantCulture, out int number) ? number
            : throw TemplateRuntimeException.Value("width too big");
    }
}
