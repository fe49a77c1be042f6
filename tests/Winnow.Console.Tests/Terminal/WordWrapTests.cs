using Winnow.Cli.Terminal;

namespace Winnow.Console.Tests.Terminal;

public sealed class WordWrapTests
{
    [Theory]
    [InlineData("The old gardener walked slowly.", 12, "The old|gardener|walked|slowly.")]
    [InlineData("exactly ten", 7, "exactly|ten")]
    [InlineData("exactly\nten", 7, "exactly|ten")]
    [InlineData("a abcdefghijklm b", 6, "a|abcdef|ghijkl|m b")]
    [InlineData("one  two   three", 10, "one  two|three")]
    [InlineData("  indented text", 10, "  indented|text")]
    [InlineData("高い塔を見た。", 8, "高い塔を|見た。")]
    [InlineData("高い塔見。よ", 8, "高い塔|見。よ")]
    [InlineData("see 高い塔 now", 8, "see 高い|塔 now")]
    [InlineData("a\u001b[31mb", 80, "a\\x1B[31mb")]
    [InlineData("a\rb\r\nc", 80, "a\\rb|c")]
    [InlineData("x\ty", 80, "x   y")]
    [InlineData("```\nint  x = 1234567;\n```\nthe end is near", 10, "```|int  x = 1|234567;|```|the end is|near")]
    [InlineData("👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧", 5, "👩‍👩‍👧👩‍👩‍👧|👩‍👩‍👧")]
    [InlineData("", 10, "")]
    public void Lines_end_between_words(string text, int columns, string rows)
    {
        Assert.Equal(rows, Shown(columns, text));
        Assert.Equal(rows, Shown(columns, [.. text.EnumerateRunes().Select(rune => rune.ToString())]));
    }

    [Fact]
    public void Pieces_of_any_size_come_out_the_same_and_no_word_is_broken_that_fits()
    {
        Random random = new(5);
        for (int round = 0; round < 400; round++)
        {
            int columns = random.Next(4, 50);
            string text = SampleText.Create(random, 40);
            string whole = Shown(columns, text);
            List<string> pieces = [];
            for (int i = 0; i < text.Length;)
            {
                int end = Math.Min(text.Length, i + random.Next(1, 9));
                end += end < text.Length && char.IsLowSurrogate(text[end]) ? 1 : 0;
                pieces.Add(text[i..end]);
                i = end;
            }

            Assert.Equal(whole, Shown(columns, [.. pieces]));
            Assert.All(whole.Split('|'), row => Assert.InRange(DisplayWidth.Of(row), 0, columns));

            // Nothing but white space went, and words are whole: parts of longer ones may look like further ones.
            Assert.Equal(Without(text), Without(whole));
            if (columns >= "harbour".Length)
            {
                Assert.InRange(Count(whole, "harbour"), Count(text, "harbour"), int.MaxValue);
            }
        }
    }

    [Fact]
    public void A_terminal_that_became_narrower_goes_on_where_it_stands()
    {
        int columns = 40;
        StringWriter output = new();
        WordWrapWriter writer = new(output, () => columns);
        writer.Write("some words that go on for long enou");
        columns = 20;
        writer.Write("gh and on");
        Assert.EndsWith("\u001b[19G\u001b[K\nand on", output.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("The old gardener walked slowly.", 12, 0, "The old|gardener|walked|slowly.")]
    [InlineData("/undo      take it back again", 20, 2, "/undo      take it|  back again")]
    [InlineData("a\n\nb", 20, 2, "a||b")]
    [InlineData("  x y", 20, 0, "  x y")]
    [InlineData("abcdefghij", 4, 0, "abcd|efgh|ij")]
    [InlineData("中文中文", 5, 0, "中文|中文")]
    [InlineData("中", 1, 0, "中")]
    public void Whole_texts_are_wrapped(string text, int columns, int indent, string lines) =>
        Assert.Equal(lines, string.Join('|', TextWrap.Lines(text, columns, indent)));

    private static string Without(string text) => string.Concat(text.Where(c => !char.IsWhiteSpace(c) && c != '|'));

    private static int Count(string text, string word) => text.Split([' ', '\n', '\t', '|']).Count(part => part == word);

    private static string Shown(int columns, params string[] pieces)
    {
        using FakeTerminal terminal = new(columns);
        WordWrapWriter writer = new(terminal, () => columns);
        foreach (string piece in pieces)
        {
            writer.Write(piece);
        }

        Assert.False(terminal.WasConfused);
        return string.Join('|', terminal.Rows);
    }
}
