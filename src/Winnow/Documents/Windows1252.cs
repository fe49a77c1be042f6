using System.Text;

namespace Winnow.Documents;

/// <summary>Windows-1252, which holds Latin-1 and adds quotation marks, dashes and the euro: what texts of Western Europe are in that are not UTF-8.</summary>
/// <remarks>https://encoding.spec.whatwg.org/#windows-1252. .NET brings it in a package only.</remarks>
internal sealed class Windows1252 : Encoding
{
    private const string From80To9F = "€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008DŽ\u008F\u0090‘’“”•–—˜™š›œ\u009DžŸ";

    /// <summary>Whether a byte means nothing.</summary>
    public static bool IsUndefined(byte value) => value is 0x81 or 0x8D or 0x8F or 0x90 or 0x9D;

    public override string WebName => "windows-1252";

    public override int GetByteCount(char[] chars, int index, int count) => count;

    public override int GetMaxByteCount(int charCount) => charCount;

    public override int GetCharCount(byte[] bytes, int index, int count) => count;

    public override int GetMaxCharCount(int byteCount) => byteCount;

    public override int GetChars(byte[] bytes, int byteIndex, int byteCount, char[] chars, int charIndex)
    {
        for (int i = 0; i < byteCount; i++)
        {
            byte value = bytes[byteIndex + i];
            chars[charIndex + i] = value is >= 0x80 and <= 0x9F ? From80To9F[value - 0x80] : (char)value;
        }

        return byteCount;
    }

    public override int GetBytes(char[] chars, int charIndex, int charCount, byte[] bytes, int byteIndex)
    {
        for (int i = 0; i < charCount; i++)
        {
            char c = chars[charIndex + i];
            int special = From80To9F.IndexOf(c, StringComparison.Ordinal);
            bytes[byteIndex + i] = special >= 0 ? (byte)(0x80 + special) : c <= 0xFF ? (byte)c : (byte)'?';
        }

        return charCount;
    }
}
