using System.Globalization;
using Winnow.Cli.Terminal;

namespace Winnow.Console.Tests.Terminal;

public sealed class LineBufferTests
{
    [Theory]
    [InlineData("x👩‍👩‍👧", "Backspace", "x|")]
    [InlineData("xe\u0301", "Backspace", "x|")]
    [InlineData("a👍🏽中", "Left Left Delete", "a|中")]
    [InlineData("a👍🏽中", "Home Right Right", "a👍🏽|中")]
    [InlineData("one two  three", "KillWord KillWord", "one |")]
    [InlineData("one two-three", "KillWord", "one |")]
    [InlineData("one two-three", "KillWordLeft", "one two-|")]
    [InlineData("one two three", "Home WordRight WordRight", "one two| three")]
    [InlineData("one two, three", "WordLeft WordLeft", "one |two, three")]
    [InlineData("one two", "Home KillWordRight KillWordRight Yank Yank", "one twoone two|")]
    [InlineData("one two three", "KillWord KillWord Home Yank", "two three|one ")]
    [InlineData("one two three", "KillWord Left KillWord Home Yank", "two|one  ")]
    [InlineData("one", "KillToStart", "|")]
    [InlineData("one", "Left Left KillToEnd End Yank", "one|")]
    [InlineData("a\nbcd\ne", "Up Left KillToEnd", "a\n|\ne")]
    [InlineData("a\nbcd\ne", "Up KillToStart", "a\n|cd\ne")]
    [InlineData("a\nbcd\ne", "Home KillToStart", "a\nbcd|e")]
    [InlineData("tow", "Transpose", "two|")]
    [InlineData("中👩‍👩‍👧", "Transpose", "👩‍👩‍👧中|")]
    [InlineData("ab", "Home Transpose", "|ab")]
    [InlineData("a中b\nabcdef", "Left Left Up", "a中b|\nabcdef")]
    [InlineData("a中b\nabcdef", "Home Right Right Up", "a中|b\nabcdef")]
    [InlineData("", "Backspace Delete Left Right KillWord KillWordLeft KillWordRight KillToEnd KillToStart Transpose Yank WordLeft WordRight", "|")]
    public void Keys_do_what_readline_does(string text, string keys, string expected)
    {
        LineBuffer buffer = new();
        buffer.Set(text);
        foreach (string key in keys.Split(' '))
        {
            Press(buffer, key);
        }

        Assert.Equal(expected, buffer.Text.Insert(buffer.Cursor, "|"));
    }

    [Fact]
    public void The_cursor_is_never_within_a_cluster()
    {
        string[] keys = ["Backspace", "Delete", "Left", "Right", "KillWord", "KillWordLeft", "KillWordRight", "Transpose", "Yank", "WordLeft", "WordRight", "Up", "Down", "Home", "End"];
        Random random = new(3);
        for (int round = 0; round < 300; round++)
        {
            LineBuffer buffer = new();
            buffer.Set(SampleText.Create(random, 12));
            for (int step = 0; step < 30; step++)
            {
                if (random.Next(3) == 0)
                {
                    buffer.Insert(SampleText.Create(random, 1));
                }
                else
                {
                    Press(buffer, keys[random.Next(keys.Length)]);
                }

                Assert.Contains(buffer.Cursor, (IEnumerable<int>)[.. StringInfo.ParseCombiningCharacters(buffer.Text), buffer.Text.Length]);
            }
        }
    }

    [Fact]
    public void The_cluster_before_is_found_without_reading_all()
    {
        Random random = new(4);
        for (int round = 0; round < 300; round++)
        {
            string text = SampleText.Create(random, 20);
            int[] starts = [.. StringInfo.ParseCombiningCharacters(text), text.Length];
            for (int i = 1; i < starts.Length; i++)
            {
                Assert.Equal(starts[i - 1], Graphemes.Previous(text, starts[i]));
                Assert.Equal(starts[i], Graphemes.Next(text, starts[i - 1]));
            }
        }
    }

    private static void Press(LineBuffer buffer, string key)
    {
        Dictionary<string, Action> actions = new()
        {
            ["Backspace"] = buffer.Backspace,
            ["Delete"] = buffer.Delete,
            ["Left"] = buffer.Left,
            ["Right"] = buffer.Right,
            ["Home"] = buffer.Home,
            ["End"] = buffer.End,
            ["Up"] = () => buffer.Up(),
            ["Down"] = () => buffer.Down(),
            ["WordLeft"] = buffer.WordLeft,
            ["WordRight"] = buffer.WordRight,
            ["KillWord"] = buffer.KillWord,
            ["KillWordLeft"] = buffer.KillWordLeft,
            ["KillWordRight"] = buffer.KillWordRight,
            ["KillToStart"] = buffer.KillToStart,
            ["KillToEnd"] = buffer.KillToEnd,
            ["Yank"] = buffer.Yank,
            ["Transpose"] = buffer.Transpose,
        };
        actions[key]();
    }
}
