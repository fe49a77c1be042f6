using Winnow.Tests.Templates;

namespace Winnow.Tests;

/// <summary>Case as Python's str has it, which maps as Unicode's full case mapping does.</summary>
public class FullCaseTests
{
    [Theory]
    [InlineData("İstanbul", "İSTANBUL", "i\u0307stanbul", "İstanbul", "İstanbul", "i\u0307STANBUL", "i\u0307stanbul")]
    [InlineData("ΟΔΟΣ ΣΑΣ", "ΟΔΟΣ ΣΑΣ", "οδος σας", "Οδος Σας", "Οδος σας", "οδος σας", "οδοσ σασ")]
    [InlineData("ﬁx ﬂat", "FIX FLAT", "ﬁx ﬂat", "Fix Flat", "Fix ﬂat", "FIX FLAT", "fix flat")]
    [InlineData("straße", "STRASSE", "straße", "Straße", "Straße", "STRASSE", "strasse")]
    [InlineData("ǆ ǅ Ǆ", "Ǆ Ǆ Ǆ", "ǆ ǆ ǆ", "ǅ ǅ ǅ", "ǅ ǆ ǆ", "Ǆ ǅ ǆ", "ǆ ǆ ǆ")]
    [InlineData("ŉ ΐ և", "ʼN Ϊ\u0301 ԵՒ", "ŉ ΐ և", "ʼN Ϊ\u0301 Եւ", "ʼN ΐ և", "ʼN Ϊ\u0301 ԵՒ", "ʼn ϊ\u0301 եւ")]
    [InlineData("ΑΣ, ΑΣ'Α Σ", "ΑΣ, ΑΣ'Α Σ", "ας, ασ'α σ", "Ας, Ασ'Α Σ", "Ας, ασ'α σ", "ας, ασ'α σ", "ασ, ασ'α σ")]
    [InlineData("ÀÉ ıſ\u212A", "ÀÉ IS\u212A", "àé ıſk", "Àé Iſk", "Àé ıſk", "àé ISk", "àé ısk")]
    [InlineData("ᾳ ᾼ ῼ", "ΑΙ ΑΙ ΩΙ", "ᾳ ᾳ ῳ", "ᾼ ᾼ ῼ", "ᾼ ᾳ ῳ", "ΑΙ ᾼ ῼ", "αι αι ωι")]
    [InlineData("ქართული Ქ", "ᲥᲐᲠᲗᲣᲚᲘ Ქ", "ქართული ქ", "ქართული Ქ", "ქართული ქ", "ᲥᲐᲠᲗᲣᲚᲘ ქ", "ქართული ქ")]
    [InlineData("Ꭰ ꭰ Ω", "Ꭰ Ꭰ Ω", "ꭰ ꭰ ω", "Ꭰ Ꭰ Ω", "Ꭰ ꭰ ω", "ꭰ Ꭰ ω", "Ꭰ Ꭰ ω")]
    [InlineData("ΣΣ ΑΣ\u0301 Α\u0301Σ", "ΣΣ ΑΣ\u0301 Α\u0301Σ", "σς ας\u0301 α\u0301ς", "Σς Ας\u0301 Α\u0301Σ", "Σς ας\u0301 α\u0301ς", "σς ας\u0301 α\u0301ς", "σσ ασ\u0301 α\u0301σ")]
    [InlineData("hello world-FOO_bar", "HELLO WORLD-FOO_BAR", "hello world-foo_bar", "Hello World-Foo_Bar", "Hello world-foo_bar", "HELLO WORLD-foo_BAR", "hello world-foo_bar")]
    [InlineData("ΌΣΟΣ ΌΣ.", "ΌΣΟΣ ΌΣ.", "όσος ός.", "Όσος Ός.", "Όσος ός.", "όσος ός.", "όσοσ όσ.")]
    [InlineData("ﬃ ﬅ", "FFI ST", "ﬃ ﬅ", "Ffi St", "Ffi ﬅ", "FFI ST", "ffi st")]
    [InlineData("𐐀𐐨x 𐐨", "𐐀𐐀X 𐐀", "𐐨𐐨x 𐐨", "𐐀𐐨x 𐐀", "𐐀𐐨x 𐐨", "𐐨𐐀X 𐐀", "𐐨𐐨x 𐐨")]
    public void Texts_change_their_case_as_in_python(string text, string upper, string lower, string title, string capitalized, string swapped, string folded)
    {
        string Call(string method) => Jinja.Render($"{{{{ {Literal(text)}.{method}() }}}}");
        Assert.Equal(
            [upper, lower, title, capitalized, swapped, folded],
            [Call("upper"), Call("lower"), Call("title"), Call("capitalize"), Call("swapcase"), Call("casefold")]);
        Assert.Equal((upper, lower, capitalized), (Filter("upper"), Filter("lower"), Filter("capitalize")));

        string Filter(string name) => Jinja.Render($"{{{{ {Literal(text)} | {name} }}}}");
    }

    [Theory]
    [InlineData("ﬁx ﬂat-ßa (ΟΔΟΣ", "FIx FLat-SSa (Οδος")]
    [InlineData("hello wORLD\nfoo_bar {x", "Hello World\nFoo_bar {X")]
    [InlineData("", "")]
    public void The_filter_title_writes_first_letters_in_upper_case(string text, string title) =>
        Assert.Equal(title, Jinja.Render($"{{{{ {Literal(text)} | title }}}}"));

    private static string Literal(string text) => "'" + text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal) + "'";
}
