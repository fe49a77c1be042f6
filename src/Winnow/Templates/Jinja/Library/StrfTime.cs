using System.Globalization;
using System.Text;

namespace Winnow.Templates.Jinja.Library;

/// <summary>Python's <c>strftime</c> in the C locale, with the flags of glibc.</summary>
internal static class StrfTime
{
    public static string Format(DateTime time, string format)
    {
        StringBuilder text = new();
        for (int i = 0; i < format.Length; i++)
        {
            if (format[i] != '%')
            {
                text.Append(format[i]);
                continue;
            }

            int start = i++;
            char? flag = null;
            while (i < format.Length && format[i] is '-' or '_' or '0' or '^' or '#')
            {
                flag = format[i++];
            }

            string? field = i < format.Length ? Field(time, format[i], flag) : null;
            text.Append(field ?? format[start..Math.Min(i + 1, format.Length)]);
        }

        return text.ToString();
    }

    private static string? Field(DateTime time, char directive, char? flag)
    {
        (int Value, int Width, char Pad)? number = directive switch
        {
            'd' => (time.Day, 2, '0'),
            'e' => (time.Day, 2, ' '),
            'm' => (time.Month, 2, '0'),
            'y' => (time.Year % 100, 2, '0'),
            'Y' => (time.Year, 1, '0'),
            'C' => (time.Year / 100, 2, '0'),
            'H' => (time.Hour, 2, '0'),
            'k' => (time.Hour, 2, ' '),
            'I' => (((time.Hour + 11) % 12) + 1, 2, '0'),
            'l' => (((time.Hour + 11) % 12) + 1, 2, ' '),
            'M' => (time.Minute, 2, '0'),
            'S' => (time.Second, 2, '0'),
            'f' => (time.Microsecond + (time.Millisecond * 1000), 6, '0'),
            'j' => (time.DayOfYear, 3, '0'),
            'u' => (time.DayOfWeek == DayOfWeek.Sunday ? 7 : (int)time.DayOfWeek, 1, '0'),
            'w' => ((int)time.DayOfWeek, 1, '0'),
            'U' => ((time.DayOfYear + 6 - (int)time.DayOfWeek) / 7, 2, '0'),
            'W' => ((time.DayOfYear + 6 - (((int)time.DayOfWeek + 6) % 7)) / 7, 2, '0'),
            'V' => (ISOWeek.GetWeekOfYear(time), 2, '0'),
            'G' => (ISOWeek.GetYear(time), 1, '0'),
            'g' => (ISOWeek.GetYear(time) % 100, 2, '0'),
            _ => null,
        };
        if (number is var (value, width, pad))
        {
            pad = flag switch { '_' => ' ', '0' => '0', _ => pad };
            return value.ToString(CultureInfo.InvariantCulture).PadLeft(flag == '-' ? 1 : width, pad);
        }

        string? text = Text(time, directive);
        return flag == '^' || (flag == '#' && directive is not 'p') ? text?.ToUpperInvariant() : flag == '#' ? text?.ToLowerInvariant() : text;
    }

    private static string? Text(DateTime time, char directive) => directive switch
    {
        'a' => time.ToString("ddd", CultureInfo.InvariantCulture),
        'A' => time.ToString("dddd", CultureInfo.InvariantCulture),
        'b' or 'h' => time.ToString("MMM", CultureInfo.InvariantCulture),
        'B' => time.ToString("MMMM", CultureInfo.InvariantCulture),
        'p' => time.Hour < 12 ? "AM" : "PM",
        'P' => time.Hour < 12 ? "am" : "pm",
        'c' => Format(time, "%a %b %e %H:%M:%S %Y"),
        'D' or 'x' => Format(time, "%m/%d/%y"),
        'F' => Format(time, "%Y-%m-%d"),
        'r' => Format(time, "%I:%M:%S %p"),
        'R' => Format(time, "%H:%M"),
        'T' or 'X' => Format(time, "%H:%M:%S"),
        's' => new DateTimeOffset(time).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture),
        // The clock of a template has no time zone.
        'z' or 'Z' => "",
        'n' => "\n",
        't' => "\t",
        '%' => "%",
        _ => null,
    };
}
