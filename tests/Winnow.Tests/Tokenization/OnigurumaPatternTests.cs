using System.Text.RegularExpressions;
using Winnow.Tokenization.HuggingFace;

namespace Winnow.Tests.Tokenization;

public class OnigurumaPatternTests
{
    [Theory]
    [InlineData(@"[^\r\n\p{L}\p{N}]?+\p{L}++", "!abc", "!abc")]
    [InlineData(@"a++b", "aaab", "aaab")]
    [InlineData(@"(?:ab)?+c", "abc", "abc")]
    [InlineData(@"a+$", "aa\nb", "aa")]
    [InlineData(@"^b", "a\nb", "b")]
    [InlineData(@"[\p{L}&&[^\p{Han}]]+", "ab字", "ab")]
    [InlineData(@"\p{Han}+", "ab字字", "字字")]
    [InlineData(@"(?i:'s|'t)|\p{N}{1,3}", "x'S", "'S")]
    [InlineData(@"\s+(?!\S)|\s+", "  a", " ")]
    [InlineData(@"[]a]+", "x]a", "]a")]
    public void Expressions_keep_their_meaning(string pattern, string text, string expected) =>
        Assert.Equal(expected, Regex.Match(text, OnigurumaPattern.Translate(pattern)).Value);

    [Fact]
    public void A_possessive_quantifier_gives_nothing_back() => Assert.DoesNotMatch(OnigurumaPattern.Translate("a++a"), "aaa");

    [Theory]
    [InlineData("[a")]
    [InlineData("[[:alpha:]]")]
    [InlineData("[a&&b]")]
    [InlineData("a)")]
    public void What_cannot_be_translated_is_refused(string pattern) =>
        Assert.Throws<ArgumentException>(() => OnigurumaPattern.Translate(pattern));
}
