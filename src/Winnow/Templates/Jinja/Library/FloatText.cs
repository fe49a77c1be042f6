using System.Globalization;
using System.Numerics;

namespace Winnow.Templates.Jinja.Library;

/// <summary>Doubles as Python writes them.</summary>
internal static class FloatText
{
    /// <summary>The most digits behind the point that a format may ask for.</summary>
    public const int MaxPrecision = 1000;

    /// <summary>Python's <c>repr</c>: the shortest digits that give the same double, with an exponent from 1e16 and below 1e-4.</summary>
    public static string Shortest(double value)
    {
        if (!double.IsFinite(value))
        {
            return double.IsNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
        }

        (string digits, int exponent) = Digits(value);
        string sign = double.IsNegative(value) ? "-" : "";
        if (exponent is < -4 or >= 16)
        {
            return sign + Scientific(digits, exponent, 'e');
        }

        return sign + (exponent < 0 ? "0." + new string('0', -exponent - 1) + digits
            : digits.Length <= exponent + 1 ? digits.PadRight(exponent + 1, '0') + ".0"
            : digits[..(exponent + 1)] + "." + digits[(exponent + 1)..]);
    }

    /// <summary>A magnitude with a fixed number of digits behind the point (negative: rounded before it), halves to the even digit.</summary>
    public static string Fixed(double magnitude, int precision)
    {
        BigInteger scaled = Scale(magnitude, precision);
        string digits = scaled.ToString(CultureInfo.InvariantCulture);
        if (precision <= 0)
        {
            return scaled.IsZero ? "0" : digits + new string('0', -precision);
        }

        digits = digits.PadLeft(precision + 1, '0');
        return digits[..^precision] + "." + digits[^precision..];
    }

    /// <summary>A magnitude's leading digits, rounded exactly, and the power of ten of the first.</summary>
    public static (string Digits, int Exponent) Significant(double magnitude, int count)
    {
        if (magnitude == 0)
        {
            return (new string('0', count), 0);
        }

        int exponent = Digits(magnitude).Exponent;
        string digits = Scale(magnitude, count - 1 - exponent).ToString(CultureInfo.InvariantCulture);
        return digits.Length > count ? (digits[..count], exponent + 1) : (digits, exponent);
    }

    /// <summary>Digits with a point behind the first, and an exponent of at least two digits.</summary>
    public static string Scientific(string digits, int exponent, char letter)
    {
        string mantissa = digits.Length > 1 ? digits[..1] + "." + digits[1..] : digits;
        return mantissa + letter + (exponent < 0 ? '-' : '+') + Math.Abs(exponent).ToString("00", CultureInfo.InvariantCulture);
    }

    /// <summary>The shortest digits that identify a double, and the power of ten of the first.</summary>
    private static (string Digits, int Exponent) Digits(double value)
    {
        string text = Math.Abs(value).ToString("E16", CultureInfo.InvariantCulture);
        for (int precision = 0; precision < 17; precision++)
        {
            string candidate = Math.Abs(value).ToString("E" + precision, CultureInfo.InvariantCulture);
            if (double.Parse(candidate, CultureInfo.InvariantCulture) == Math.Abs(value))
            {
                text = candidate;
                break;
            }
        }

        int e = text.IndexOf('E', StringComparison.Ordinal);
        string digits = text[..e].Replace(".", "", StringComparison.Ordinal).TrimEnd('0');
        return (digits.Length == 0 ? "0" : digits, int.Parse(text.AsSpan(e + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture));
    }

    /// <summary>round(magnitude × 10^power), exactly.</summary>
    private static BigInteger Scale(double magnitude, int power)
    {
        long bits = BitConverter.DoubleToInt64Bits(magnitude);
        int biased = (int)(bits >> 52) & 0x7FF;
        BigInteger numerator = (bits & 0xFFFFFFFFFFFFF) | (biased == 0 ? 0 : 1L << 52);
        int exponent = Math.Max(biased, 1) - 1075;
        BigInteger denominator = BigInteger.One;
        numerator *= exponent > 0 ? BigInteger.Pow(2, exponent) : 1;
        denominator *= exponent < 0 ? BigInteger.Pow(2, -exponent) : 1;
        numerator *= power > 0 ? BigInteger.Pow(10, power) : 1;
        denominator *= power < 0 ? BigInteger.Pow(10, -power) : 1;
        BigInteger quotient = BigInteger.DivRem(numerator, denominator, out BigInteger remainder);
        int half = (remainder * 2).CompareTo(denominator);
        return half > 0 || (half == 0 && !quotient.IsEven) ? quotient + 1 : quotient;
    }
}
