using System.Globalization;
using System.Text;

namespace Winnow.Lab.Calibration;

/// <summary>Text of random identifiers: codebooks that saw only prose cannot tell hashes, keys and numbers apart.</summary>
internal static class RandomStrings
{
    private const string Hexadecimal = "0123456789abcdef";
    private const string Letters = "abcdefghijklmnopqrstuvwxyz";

    /// <summary>Lines of UUIDs, numbers and letters.</summary>
    /// <param name="lines">How many.</param>
    /// <param name="seed">Equal seeds give equal texts.</param>
    public static string Text(int lines, int seed)
    {
        Random random = new(seed);
        StringBuilder text = new();
        for (int line = 0; line < lines; line++)
        {
            switch (line % 3)
            {
                case 0:
                    string digits = random.GetString(Hexadecimal, 32);
                    text.Append(CultureInfo.InvariantCulture, $"{digits[..8]}-{digits[8..12]}-{digits[12..16]}-{digits[16..20]}-{digits[20..]}\n");
                    break;
                case 1:
                    text.Append(CultureInfo.InvariantCulture, $"{random.GetString(Letters, 6)}-{random.GetString(Letters, 5)}: {random.Next(1_000_000, 10_000_000)}\n");
                    break;
                default:
                    text.Append(CultureInfo.InvariantCulture, $"{random.GetString(Letters + "0123456789", 12)} = {random.GetString(Hexadecimal, 8)}\n");
                    break;
            }
        }

        return text.ToString();
    }
}
