using System.Numerics;

namespace Winnow.Templates.Jinja.Values;

/// <summary>Python's numbers: integers of any size, as <see cref="long"/> where they fit, and doubles. Booleans count as 0 and 1.</summary>
internal static class Number
{
    /// <summary>The largest integer that arithmetic makes, in bits: far beyond any use, far below what hurts.</summary>
    public const int MaxBits = 4096;

    public static object Normalize(BigInteger value) =>
        value >= long.MinValue && value <= long.MaxValue ? (object)(long)value
        : value.GetBitLength() <= MaxBits ? value
        : throw new TemplateRuntimeException($"OverflowError: an integer has more than {MaxBits} bits");

    public static bool Is(object? value) => value is bool or long or BigInteger or double;

    public static bool TryInteger(object? value, out BigInteger integer)
    {
        (bool isInteger, integer) = value switch
        {
            long number => (true, number),
            bool flag => (true, flag ? BigInteger.One : BigInteger.Zero),
            BigInteger number => (true, number),
            _ => (false, BigInteger.Zero),
        };
        return isInteger;
    }

    /// <summary>An index or count: an integer, cut to the range of <see cref="int"/>.</summary>
    public static bool TryIndex(object? value, out int index)
    {
        bool isInteger = TryInteger(value, out BigInteger integer);
        index = (int)BigInteger.Clamp(integer, int.MinValue + 1, int.MaxValue - 1);
        return isInteger;
    }

    public static int Index(object? value) => TryIndex(value, out int index)
        ? index
        : throw TemplateRuntimeException.Type($"'{PythonType.Name(value)}' object cannot be interpreted as an integer");

    /// <summary>An optional count: the default when it is missing.</summary>
    public static int Index(object? value, int whenMissing) => value is Missing ? whenMissing : Index(value);

    public static double ToDouble(object? value) => value switch
    {
        double number => number,
        long number => number,
        bool flag => flag ? 1 : 0,
        BigInteger number => (double)number,
        _ => throw TemplateRuntimeException.Type($"must be real number, not {PythonType.Name(value)}"),
    };

    /// <summary>An integer from a double, cut towards zero.</summary>
    public static object Truncate(double value) => double.IsFinite(value)
        ? Normalize(new BigInteger(value))
        : throw new TemplateRuntimeException(
            double.IsNaN(value) ? "ValueError: cannot convert float NaN to integer" : "OverflowError: cannot convert float infinity to integer");
}
