using System.Buffers;
using System.Globalization;
using System.Text;

namespace Winnow.Tokenization.Text;

/// <summary>
/// A text with one UTF-16 unit per character. .NET's expressions see a character beyond the Basic Multilingual Plane as
/// two surrogates (category Cs); here each is replaced by a stand-in of its own category, so that <c>\p{L}</c>,
/// <c>[^\s\p{N}]</c> and <c>{1,3}</c> mean characters.
/// </summary>
/// <remarks>
/// The stand-ins lie outside every explicit range that known vocabularies write (U+0800 to U+9FFF, Hangul), with two
/// exceptions that those ranges need: Han beyond the plane stays Han (U+FAD9), and the letters of the cased scripts
/// that DeepSeek's expression lists (Deseret, Osage, Old Hungarian, Warang Citi, Adlam) are cased letters of that list.
/// </remarks>
internal readonly struct CharacterView : IDisposable
{
    /// <summary>What stands for Han beyond the Basic Multilingual Plane.</summary>
    public const char Han = '\uFAD9';

    private readonly char[] _characters;
    private readonly int[] _offsets;
    private readonly int _count;

    public CharacterView(ReadOnlySpan<char> text)
    {
        _characters = ArrayPool<char>.Shared.Rent(text.Length);
        _offsets = ArrayPool<int>.Shared.Rent(text.Length + 1);
        int count = 0;
        for (int i = 0; i < text.Length; count++)
        {
            _offsets[count] = i;
            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
            {
                _characters[count] = StandIn(char.ConvertToUtf32(text[i], text[i + 1]));
                i += 2;
            }
            else
            {
                _characters[count] = text[i++];
            }
        }

        _offsets[count] = text.Length;
        _count = count;
    }

    /// <summary>The characters, one unit each.</summary>
    public ReadOnlySpan<char> Characters => _characters.AsSpan(0, _count);

    /// <summary>Whether a text has characters of two units at all.</summary>
    public static bool IsNeeded(ReadOnlySpan<char> text) => text.IndexOfAnyInRange('\uD800', '\uDFFF') >= 0;

    /// <summary>Where the character at <paramref name="index"/> begins in the text.</summary>
    public int Offset(int index) => _offsets[index];

    /// <summary>The unit that stands for a character.</summary>
    public static char StandIn(int codePoint)
    {
        if (codePoint < 0x10000)
        {
            return (char)codePoint;
        }

        bool isHan = codePoint is >= 0x20000 and <= 0x2FA1F;
        bool listedByDeepSeek = codePoint is (>= 0x10400 and <= 0x1044F) or (>= 0x104B0 and <= 0x104D3) or (>= 0x104D8 and <= 0x104FB)
            or (>= 0x10C80 and <= 0x10CB2) or (>= 0x10CC0 and <= 0x10CF2) or (>= 0x118A0 and <= 0x118DF) or (>= 0x1E900 and <= 0x1E943);
        return Rune.GetUnicodeCategory(new Rune(codePoint)) switch
        {
            UnicodeCategory.UppercaseLetter => listedByDeepSeek ? '\u0401' : '\uA7AA',
            UnicodeCategory.LowercaseLetter => listedByDeepSeek ? '\u0451' : '\uA7A1',
            UnicodeCategory.ModifierLetter => '\u02B0',
            UnicodeCategory.OtherLetter => isHan ? Han : '\u05D0',
            UnicodeCategory.NonSpacingMark => '\u0300',
            UnicodeCategory.SpacingCombiningMark => '\uA823',
            UnicodeCategory.EnclosingMark => '\u0488',
            UnicodeCategory.DecimalDigitNumber => '\u0660',
            UnicodeCategory.LetterNumber => '\uA6E6',
            UnicodeCategory.OtherNumber => '\u00B2',
            UnicodeCategory.DashPunctuation => '\u058A',
            UnicodeCategory.OtherPunctuation => '\u00A7',
            UnicodeCategory.MathSymbol => '\u00AC',
            UnicodeCategory.CurrencySymbol => '\u00A2',
            UnicodeCategory.ModifierSymbol => '\u00A8',
            UnicodeCategory.OtherSymbol => '\u00A6',
            UnicodeCategory.Format => '\u00AD',
            UnicodeCategory.PrivateUse => '\uE000',
            _ => '\u0378',
        };
    }

    /// <summary>Gives the buffers back.</summary>
    public void Dispose()
    {
        ArrayPool<char>.Shared.Return(_characters);
        ArrayPool<int>.Shared.Return(_offsets);
    }
}
