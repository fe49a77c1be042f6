using Winnow.Cli.Terminal;

namespace Winnow.Console.Tests.Terminal;

public sealed class DisplayWidthTests
{
    [Theory]
    [InlineData("", 0)]
    [InlineData("plain text", 10)]
    [InlineData("e\u0301te\u0301", 3)]
    [InlineData("中文", 4)]
    [InlineData("ﾊﾝｶｸ", 4)]
    [InlineData("ＡＢ", 4)]
    [InlineData("한국", 4)]
    [InlineData("\u1112\u1161\u11ab", 2)]
    [InlineData("😀", 2)]
    [InlineData("👩‍👩‍👧‍👦", 2)]
    [InlineData("👍🏽", 2)]
    [InlineData("🏽", 2)]
    [InlineData("🇫🇷🇩🇪", 4)]
    [InlineData("❤️", 2)]
    [InlineData("❤", 1)]
    [InlineData("1️⃣", 2)]
    [InlineData("क्षि", 3)]
    [InlineData("a\u200Bb", 2)]
    [InlineData("soft\u00ADhyphen", 11)]
    [InlineData("Ω≠→", 3)]
    [InlineData("\U00020000\U0003FFFD", 4)]
    public void A_text_takes_so_many_columns(string text, int columns) => Assert.Equal(columns, DisplayWidth.Of(text));
}
