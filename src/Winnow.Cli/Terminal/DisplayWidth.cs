using System.Globalization;
using System.Text;

namespace Winnow.Cli.Terminal;

/// <summary>How many columns of a terminal text takes.</summary>
/// <remarks>
/// Wide are the characters that Unicode's EastAsianWidth.txt calls W or F; marks and format characters take no column of their own. Of an
/// emoji sequence, what a joiner adds takes none, as terminals draw it that know grapheme clusters.
/// </remarks>
internal static class DisplayWidth
{
    private const int Joiner = 0x200D;
    private const int EmojiPresentation = 0xFE0F;

    /// <summary>First and last code points of the wide ranges (Unicode 16), in order.</summary>
    private static ReadOnlySpan<int> Wide =>
    [
        0x1100, 0x115F, 0x231A, 0x231B, 0x2329, 0x232A, 0x23E9, 0x23EC, 0x23F0, 0x23F0, 0x23F3, 0x23F3, 0x25FD, 0x25FE, 0x2614, 0x2615,
        0x2630, 0x2637, 0x2648, 0x2653, 0x267F, 0x267F, 0x268A, 0x268F, 0x2693, 0x2693, 0x26A1, 0x26A1, 0x26AA, 0x26AB, 0x26BD, 0x26BE,
        0x26C4, 0x26C5, 0x26CE, 0x26CE, 0x26D4, 0x26D4, 0x26EA, 0x26EA, 0x26F2, 0x26F3, 0x26F5, 0x26F5, 0x26FA, 0x26FA, 0x26FD, 0x26FD,
        0x2705, 0x2705, 0x270A, 0x270B, 0x2728, 0x2728, 0x274C, 0x274C, 0x274E, 0x274E, 0x2753, 0x2755, 0x2757, 0x2757, 0x2795, 0x2797,
        0x27B0, 0x27B0, 0x27BF, 0x27BF, 0x2B1B, 0x2B1C, 0x2B50, 0x2B50, 0x2B55, 0x2B55, 0x2E80, 0x303E, 0x3041, 0x3247, 0x3250, 0xA4C6,
        0xA960, 0xA97C, 0xAC00, 0xD7A3, 0xF900, 0xFAD9, 0xFE10, 0xFE19, 0xFE30, 0xFE6B, 0xFF01, 0xFF60, 0xFFE0, 0xFFE6, 0x16FE0, 0x18D08,
        0x1AFF0, 0x1B2FB, 0x1D300, 0x1D376, 0x1F004, 0x1F004, 0x1F0CF, 0x1F0CF, 0x1F18E, 0x1F18E, 0x1F191, 0x1F19A, 0x1F200, 0x1F265,
        0x1F300, 0x1F320, 0x1F32D, 0x1F335, 0x1F337, 0x1F37C, 0x1F37E, 0x1F393, 0x1F3A0, 0x1F3CA, 0x1F3CF, 0x1F3D3, 0x1F3E0, 0x1F3F0,
        0x1F3F4, 0x1F3F4, 0x1F3F8, 0x1F43E, 0x1F440, 0x1F440, 0x1F442, 0x1F4FC, 0x1F4FF, 0x1F53D, 0x1F54B, 0x1F54E, 0x1F550, 0x1F567,
        0x1F57A, 0x1F57A, 0x1F595, 0x1F596, 0x1F5A4, 0x1F5A4, 0x1F5FB, 0x1F64F, 0x1F680, 0x1F6C5, 0x1F6CC, 0x1F6CC, 0x1F6D0, 0x1F6D2,
        0x1F6D5, 0x1F6DF, 0x1F6EB, 0x1F6EC, 0x1F6F4, 0x1F6FC, 0x1F7E0, 0x1F7F0, 0x1F90C, 0x1F93A, 0x1F93C, 0x1F945, 0x1F947, 0x1F9FF,
        0x1FA70, 0x1FAFF, 0x20000, 0x3FFFD,
    ];

    /// <summary>Columns of a text without line ends and tabs.</summary>
    public static int Of(ReadOnlySpan<char> text)
    {
        int columns = 0;
        while (!text.IsEmpty)
        {
            int length = StringInfo.GetNextTextElementLength(text);
            columns += OfCluster(text[..length]);
            text = text[length..];
        }

        return columns;
    }

    /// <summary>Columns of a grapheme cluster.</summary>
    public static int OfCluster(ReadOnlySpan<char> cluster)
    {
        if (cluster is [>= ' ' and <= '~'])
        {
            return 1;
        }

        int columns = 0;
        bool isJoined = false;
        foreach (Rune rune in cluster.EnumerateRunes())
        {
            if (rune.Value == EmojiPresentation && columns == 1)
            {
                columns = 2;
            }
            else if (!isJoined && !(IsSkinTone(rune) && columns > 0))
            {
                columns += Of(rune);
            }

            isJoined = rune.Value == Joiner;
        }

        return columns;
    }

    /// <summary>Columns of a character by itself.</summary>
    public static int Of(Rune rune) => IsZero(rune) ? 0 : IsWide(rune) ? 2 : 1;

    /// <summary>Whether a character takes two columns.</summary>
    public static bool IsWide(Rune rune)
    {
        int value = rune.Value;
        if (value < Wide[0])
        {
            return false;
        }

        int low = 0;
        int high = (Wide.Length / 2) - 1;
        while (low < high)
        {
            int middle = (low + high + 1) / 2;
            (low, high) = Wide[2 * middle] <= value ? (middle, high) : (low, middle - 1);
        }

        return value <= Wide[(2 * low) + 1];
    }

    /// <summary>Whether a character belongs to the one before it, whatever that is.</summary>
    public static bool IsExtension(Rune rune) => IsZero(rune) || IsSkinTone(rune);

    private static bool IsSkinTone(Rune rune) => rune.Value is >= 0x1F3FB and <= 0x1F3FF;

    /// <summary>Marks, format characters but the soft hyphen, and the vowels and final consonants of Hangul syllables.</summary>
    private static bool IsZero(Rune rune) => rune.Value is not 0xAD && (rune.Value is >= 0x1160 and <= 0x11FF
        || Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format or UnicodeCategory.Control);
}
