using System.Globalization;
using System.Numerics;
using Winnow.Templates.Jinja.Nodes;
using Winnow.Templates.Jinja.Values;

namespace Winnow.Templates.Jinja.Library;

/// <summary>Filters that make numbers.</summary>
internal static partial class Filters
{
    /// <summary>The longest text that is read as an integer.</summary>
    private const int MaxDigits = 1000;

    private static IEnumerable<Builtin> Numbers() =>
    [
        new("abs", "", (runtime, value, _) => Absolute(runtime, value)),
        new("int", "default? base?", (runtime, value, a) => ToInteger(runtime, value, Number.Index(a[1], 10)) ?? Or(a[0], 0L)),
        new("float", "default?", (runtime, value, a) => ToFloat(runtime, value) ?? Or(a[0], 0.0)),
        new("round", "precision? method?", (runtime, value, a) => Round(runtime, value, Or(a[0], 0L), Or(a[1], "common"))),
        new("sum", "attribute? start?", (runtime, value, a) => Sum(runtime, value, a)),
    ];

    private static object? Absolute(Runtime runtime, object? value) => value switch
    {
        double number => Math.Abs(number),
        _ when Number.TryInteger(value, out BigInteger integer) => Number.Normalize(BigInteger.Abs(integer)),
        Undefined undefined => throw TemplateRuntimeException.Type($"bad operand type for abs(): '{PythonType.Name(undefined)}'"),
        _ => throw TemplateRuntimeException.Type($"bad operand type for abs(): '{runtime.ToText(PythonType.Name(value))}'"),
    };

    /// <summary>An integer from a value, or null where there is none in it.</summary>
    private static object? ToInteger(Runtime runtime, object? value, int numberBase)
    {
        switch (value)
        {
            case Undefined undefined:
                throw undefined.Fail();
            case double number:
                return double.IsFinite(number) ? Number.Truncate(number) : double.IsNaN(number) ? null : Number.Truncate(number);
            case string or Markup:
                return ParseInteger(runtime, value.ToString()!, numberBase)
                    ?? (ToFloat(runtime, value) is double parsed && double.IsFinite(parsed) ? Number.Truncate(parsed) : null);
            default:
                return Number.TryInteger(value, out BigInteger integer) ? Number.Normalize(integer) : null;
        }
    }

    private static object? ParseInteger(Runtime runtime, string text, int numberBase)
    {
        text = StringMethods.Strip(runtime, text, Missing.Value, true, true);
        if (text.Length <= MaxDigits)
        {
            // Each digit is multiplied into a number that grows.
            runtime.Charge(text.Length + ((long)text.Length * text.Length / 128));
        }

        bool isNegative = text.StartsWith('-');
        text = isNegative || text.StartsWith('+') ? text[1..] : text;
        string prefix = text.Length > 2 ? text[..2].ToLowerInvariant() : "";
        int prefixBase = prefix switch { "0x" => 16, "0o" => 8, "0b" => 2, _ => 0 };
        if (prefixBase > 0 && numberBase is 0 || prefixBase == numberBase)
        {
            text = text[2..];
            numberBase = prefixBase;
            text = text.StartsWith('_') ? text[1..] : text;
        }

        numberBase = numberBase == 0 ? 10 : numberBase;
        BigInteger value = BigInteger.Zero;
        bool afterDigit = false;
        foreach (char c in text.Length <= MaxDigits ? text : "")
        {
            int digit = char.IsAsciiDigit(c) ? c - '0' : char.IsAsciiLetter(c) ? char.ToLowerInvariant(c) - 'a' + 10
                : char.IsDigit(c) ? (int)char.GetNumericValue(c) : int.MaxValue;
            if (c == '_' && afterDigit)
            {
                afterDigit = false;
                continue;
            }

            if (digit >= numberBase)
            {
                return null;
            }

            value = (value * numberBase) + digit;
            afterDigit = true;
        }

        return afterDigit ? Number.Normalize(isNegative ? -value : value) : null;
    }

    /// <summary>A double from a value, or null where there is none in it.</summary>
    private static object? ToFloat(Runtime runtime, object? value)
    {
        switch (value)
        {
            case Undefined undefined:
                throw undefined.Fail();
            case string or Markup:
                string text = StringMethods.Strip(runtime, value.ToString()!, Missing.Value, true, true);
                runtime.ChargeText(text.Length);
                string unsigned = text.TrimStart('+', '-').ToLowerInvariant();
                bool isNegative = text.StartsWith('-');
                return unsigned switch
                {
                    "nan" => double.NaN,
                    "inf" or "infinity" => isNegative ? double.NegativeInfinity : double.PositiveInfinity,
                    _ => (object?)ParseFloat(text),
                };
            default:
                return Number.Is(value) ? Number.ToDouble(value) : null;
        }
    }

    private static double? ParseFloat(string text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            bool isSeparator = text[i] == '_' && i > 0 && i + 1 < text.Length && char.IsAsciiDigit(text[i - 1]) && char.IsAsciiDigit(text[i + 1]);
            if (!isSeparator && !char.IsAsciiDigit(text[i]) && !"+-.eE".Contains(text[i], StringComparison.Ordinal))
            {
                return null;
            }
        }

        return double.TryParse(
            text.Replace("_", "", StringComparison.Ordinal),
            NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent,
            CultureInfo.InvariantCulture,
            out double number) ? number : null;
    }

    private static object? Round(Runtime runtime, object? value, object? precision, object? method)
    {
        if (value is Undefined undefined)
        {
            throw TemplateRuntimeException.Type($"type {PythonType.Name(undefined)} doesn't define __round__ method");
        }

        string kind = runtime.ToText(method);
        if (!Number.Is(value) || kind is not ("common" or "ceil" or "floor"))
        {
            throw kind is "common" or "ceil" or "floor"
                ? TemplateRuntimeException.Type($"type {PythonType.Name(value)} doesn't define __round__ method")
                : new TemplateRuntimeException("FilterArgumentError: method must be common, ceil or floor");
        }

        int digits = precision is null ? 0 : Number.Index(precision);
        runtime.Charge(64 + Math.Min(Math.Abs((long)digits), Number.MaxBits));
        if (kind == "common")
        {
            return RoundHalfEven(value, digits, precision is null);
        }

        object? scale = runtime.Calculate(BinaryOperator.Power, 10L, (long)digits);
        object? scaled = runtime.Calculate(BinaryOperator.Multiply, value, scale);
        object whole = scaled is double number ? Number.Truncate(kind == "ceil" ? Math.Ceiling(number) : Math.Floor(number)) : scaled!;
        return runtime.Calculate(BinaryOperator.Divide, whole, runtime.Calculate(BinaryOperator.Power, 10L, (long)digits));
    }

    /// <summary>Python's round: exact, halves to the even digit; an integer stays one.</summary>
    private static object RoundHalfEven(object? value, int digits, bool toInteger)
    {
        if (Number.TryInteger(value, out BigInteger integer))
        {
            if (digits >= 0)
            {
                return Number.Normalize(integer);
            }

            if (-digits > Number.MaxBits)
            {
                return 0L;
            }

            BigInteger unit = BigInteger.Pow(10, -digits);
            BigInteger magnitude = BigInteger.DivRem(BigInteger.Abs(integer), unit, out BigInteger rest);
            int half = (rest * 2).CompareTo(unit);
            magnitude += half > 0 || (half == 0 && !magnitude.IsEven) ? 1 : 0;
            return Number.Normalize(magnitude * unit * integer.Sign);
        }

        double number = Number.ToDouble(value);
        if (!double.IsFinite(number) || digits > 400)
        {
            return toInteger ? Number.Truncate(number) : number;
        }

        double rounded = digits < -400
            ? 0
            : double.Parse(FloatText.Fixed(Math.Abs(number), digits), CultureInfo.InvariantCulture);
        rounded = double.CopySign(rounded, number);
        return toInteger ? Number.Truncate(rounded) : rounded;
    }

    private static object? Sum(Runtime runtime, object? value, object?[] arguments)
    {
        object? total = Or(arguments[1], 0L);
        if (PythonText.AsString(total) is not null)
        {
            throw TemplateRuntimeException.Type("sum() can't sum strings [use ''.join(seq) instead]");
        }

        Func<object?, object?> select = AttributeOf(runtime, arguments[0] is Missing ? null : arguments[0], Missing.Value);
        foreach (object? item in runtime.Iterate(value))
        {
            total = runtime.Calculate(BinaryOperator.Add, total, select(item));
        }

        return total;
    }
}
