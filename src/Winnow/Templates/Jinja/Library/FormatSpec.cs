using System.Globalization;
using System.Numerics;
using Winnow.Templates.Jinja.Values;

namespace Winnow.Templates.Jinja.Library;

/// <summary>How one value is laid out: the part behind the colon in <c>str.format</c>, and behind the percent sign in <c>%</c>.</summary>
internal sealed record FormatSpec
{
    public string Fill { get; init; } = " ";

    /// <summary>One of <c>&lt; &gt; ^ =</c>; null where the type decides.</summary>
    public char? Align { get; init; }

    /// <summary>What stands before a number that is not negative: <c>+</c>, a space, or <c>-</c> for nothing.</summary>
    public char Sign { get; init; } = '-';

    /// <summary>The alternative form, <c>#</c>: prefixes such as 0x.</summary>
    public bool IsAlternate { get; init; }

    public int Width { get; init; }

    /// <summary>What groups the digits: a comma, an underscore, or null.</summary>
    public char? Grouping { get; init; }

    public int? Precision { get; init; }

    /// <summary>The type letter; null for the value's own form.</summary>
    public char? Type { get; init; }

    public static FormatSpec Parse(string text)
    {
        FormatSpec spec = new();
        int i = 0;
        if (text.Length > 1 && text[1] is '<' or '>' or '^' or '=')
        {
            spec = spec with { Fill = text[..1], Align = text[1] };
            i = 2;
        }
        else if (text.Length > 0 && text[0] is '<' or '>' or '^' or '=')
        {
            spec = spec with { Align = text[0] };
            i = 1;
        }

        if (i < text.Length && text[i] is '+' or '-' or ' ')
        {
            spec = spec with { Sign = text[i++] };
        }

        if (i < text.Length && text[i] == '#')
        {
            spec = spec with { IsAlternate = true };
            i++;
        }

        if (i < text.Length && text[i] == '0')
        {
            spec = spec with { Fill = spec.Align is null ? "0" : spec.Fill, Align = spec.Align ?? '=' };
            i++;
        }

        spec = spec with { Width = ReadNumber(text, ref i) ?? 0 };
        if (i < text.Length && text[i] is ',' or '_')
        {
            spec = spec with { Grouping = text[i++] };
        }

        if (i < text.Length && text[i] == '.')
        {
            i++;
            spec = spec with { Precision = ReadNumber(text, ref i) ?? throw TemplateRuntimeException.Value("Format specifier missing precision") };
        }

        if (i < text.Length)
        {
            spec = spec with { Type = text[i++] };
        }

        return i == text.Length ? spec : throw TemplateRuntimeException.Value($"Invalid format specifier '{text}'");
    }

    public string Format(Runtime runtime, object? value)
    {
        runtime.ChargeText(Width);
        runtime.Charge(Math.Min(Precision ?? 0, FloatText.MaxPrecision));
        switch (value)
        {
            case string or Markup:
                return FormatText(value.ToString()!);
            case bool when this == new FormatSpec():
                return FormatText(runtime.ToText(value));
            case double number:
                return FormatFloat(number, Type);
            default:
                if (Number.TryInteger(value, out BigInteger integer))
                {
                    return Type is 'e' or 'E' or 'f' or 'F' or 'g' or 'G' or '%'
                        ? FormatFloat(Number.ToDouble(value), Type)
                        : FormatInteger(integer);
                }

                return this == new FormatSpec()
                    ? runtime.ToText(value)
                    : throw TemplateRuntimeException.Type($"unsupported format string passed to {PythonType.Name(value)}.__format__");
        }
    }

    private string FormatText(string text)
    {
        if (Type is not (null or 's'))
        {
            throw TemplateRuntimeException.Value($"Unknown format code '{Type}' for object of type 'str'");
        }

        if (Align == '=' && Fill != "0")
        {
            throw TemplateRuntimeException.Value("'=' alignment not allowed in string format specifier");
        }

        text = Precision is { } precision ? text[..CodePoints.Offset(text, precision)] : text;
        return Pad("", text, Align is null or '=' ? '<' : Align.Value);
    }

    private string FormatInteger(BigInteger value)
    {
        BigInteger magnitude = BigInteger.Abs(value);
        (string prefix, string digits, int group) = Type switch
        {
            null or 'd' or 'n' => ("", magnitude.ToString(CultureInfo.InvariantCulture), 3),
            'x' => ("0x", ToBase(magnitude, 16), 4),
            'X' => ("0X", ToBase(magnitude, 16).ToUpperInvariant(), 4),
            'o' => ("0o", ToBase(magnitude, 8), 4),
            'b' => ("0b", ToBase(magnitude, 2), 4),
            'c' => ("", char.ConvertFromUtf32((int)BigInteger.Min(magnitude, 0xFFFD)), 0),
            _ => throw TemplateRuntimeException.Value($"Unknown format code '{Type}' for object of type 'int'"),
        };
        return Precision is not null
            ? throw TemplateRuntimeException.Value("Precision not allowed in integer format specifier")
            : Pad(SignOf(value.Sign < 0) + (IsAlternate ? prefix : ""), Group(digits, group), Align ?? '>');
    }

    private string FormatFloat(double value, char? type)
    {
        string sign = SignOf(double.IsNegative(value) && !double.IsNaN(value));
        double magnitude = Math.Abs(value);
        if (!double.IsFinite(value))
        {
            string name = double.IsNaN(value) ? "nan" : "inf";
            return Pad(sign, type is 'E' or 'F' or 'G' ? name.ToUpperInvariant() : type == '%' ? name + "%" : name, Align ?? '>');
        }

        int precision = Math.Min(Precision ?? 6, FloatText.MaxPrecision);
        string digits = type switch
        {
            'f' or 'F' => FloatText.Fixed(magnitude, precision),
            '%' => FloatText.Fixed(magnitude * 100, precision) + "%",
            'e' or 'E' => Exponential(magnitude, precision, type.Value),
            'g' or 'G' or 'n' => General(magnitude, Math.Max(precision, 1), type == 'G' ? 'E' : 'e', minimum: 0),
            null => Precision is null ? FloatText.Shortest(magnitude) : General(magnitude, Math.Max(precision, 1), 'e', minimum: 1),
            _ => throw TemplateRuntimeException.Value($"Unknown format code '{type}' for object of type 'float'"),
        };
        return Pad(sign, Group(digits, 3), Align ?? '>');
    }

    private static string Exponential(double magnitude, int precision, char letter)
    {
        (string digits, int exponent) = FloatText.Significant(magnitude, precision + 1);
        return FloatText.Scientific(digits, exponent, letter);
    }

    /// <summary>The shorter of the fixed and the exponential form; <paramref name="minimum"/> digits stay behind the point.</summary>
    private string General(double magnitude, int precision, char letter, int minimum)
    {
        (string digits, int exponent) = FloatText.Significant(magnitude, precision);
        string trimmed = IsAlternate ? digits : digits.TrimEnd('0');
        if (exponent < -4 || exponent >= precision - minimum)
        {
            return FloatText.Scientific(trimmed.Length == 0 ? "0" : trimmed, exponent, letter);
        }

        string text = FloatText.Fixed(magnitude, Math.Max(precision - 1 - exponent, 0));
        if (text.Contains('.', StringComparison.Ordinal) && !IsAlternate)
        {
            text = text.TrimEnd('0').TrimEnd('.');
        }

        return minimum > 0 && !text.Contains('.', StringComparison.Ordinal) ? text + ".0" : text;
    }

    private string SignOf(bool isNegative) => isNegative ? "-" : Sign == '-' ? "" : Sign.ToString();

    private string Pad(string sign, string body, char align)
    {
        int missing = Width - CodePoints.Count(body) - sign.Length;
        if (missing <= 0)
        {
            return sign + body;
        }

        int left = align switch { '<' => 0, '^' => missing / 2, _ => missing };
        string before = string.Concat(Enumerable.Repeat(Fill, left));
        string after = string.Concat(Enumerable.Repeat(Fill, missing - left));
        return align == '=' ? sign + before + body : before + sign + body + after;
    }

    private string Group(string digits, int size)
    {
        if (Grouping is not { } separator || size == 0)
        {
            return digits;
        }

        int end = digits.AsSpan().IndexOfAny(".eE%");
        end = end < 0 || size != 3 ? digits.Length : end;
        for (int i = end - size; i > 0; i -= size)
        {
            digits = digits.Insert(i, separator.ToString());
        }

        return digits;
    }

    private static string ToBase(BigInteger magnitude, int numberBase)
    {
        if (magnitude.IsZero)
        {
            return "0";
        }

        Stack<char> digits = new();
        for (; !magnitude.IsZero; magnitude /= numberBase)
        {
            digits.Push("0123456789abcdef"[(int)(magnitude % numberBase)]);
        }

        return string.Concat(digits);
    }

    private static int? ReadNumber(string text, ref int i)
    {
        int start = i;
        long value = 0;
        for (; i < text.Length && char.IsAsciiDigit(text[i]); i++)
        {
            value = Math.Min((value * 10) + text[i] - '0', int.MaxValue);
        }

        return i > start ? (int)value : null;
    }
}
