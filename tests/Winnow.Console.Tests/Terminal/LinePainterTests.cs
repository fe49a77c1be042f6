using Winnow.Cli.Terminal;

namespace Winnow.Console.Tests.Terminal;

/// <summary>What is drawn step by step is what stands there when it is drawn at once.</summary>
public sealed class LinePainterTests
{
    [Theory]
    [InlineData(80)]
    [InlineData(20)]
    [InlineData(8)]
    public void A_terminal_shows_the_layout_after_any_change(int columns)
    {
        Random random = new(columns);
        for (int round = 0; round < 60; round++)
        {
            using FakeTerminal terminal = new(columns);
            terminal.Write("above\n");
            int top = terminal.Row;
            LinePainter painter = new(terminal);
            LineBuffer buffer = new();
            for (int step = 0; step < 25; step++)
            {
                Change(buffer, random);
                LineLayout layout = LineLayout.Of(buffer.Text, buffer.Cursor, "> ", "| ", columns, 1000);
                painter.Paint(layout);

                Assert.False(terminal.WasConfused);
                Assert.Equal(layout.Rows.Select(row => row.Text.TrimEnd()), [.. terminal.Rows.Skip(top), .. Enumerable.Repeat("", Math.Max(0, layout.Rows.Count - (terminal.Rows.Length - top)))]);
                Assert.Equal((top + layout.CursorRow, layout.CursorColumn), (terminal.Row, terminal.Column));
            }

            painter.Finish();
            Assert.Equal(0, terminal.Column);
            Assert.Equal("above"[..Math.Min(columns, 5)], terminal.Rows[0]);
        }
    }

    [Fact]
    public void Of_a_long_text_only_what_fits_is_laid_out()
    {
        string text = string.Concat(Enumerable.Range(0, 100_000).Select(i => $"line {i}\n"));
        LineLayout end = LineLayout.Of(text, text.Length, "> ", "| ", 80, 10);
        Assert.Equal((10, 9), (end.Rows.Count, end.CursorRow));
        Assert.Equal("| line 99999", end.Rows[8].Text);
        LineLayout start = LineLayout.Of(text, 0, "> ", "| ", 80, 10);
        Assert.Equal((10, 0, 2), (start.Rows.Count, start.CursorRow, start.CursorColumn));
        Assert.Equal("> line 0", start.Rows[0].Text);
    }

    [Fact]
    public void Control_characters_are_spelled_out_and_tabs_take_columns() => Assert.Equal(
        [("> a \\u202Eb", 11)], LineLayout.Of("a\t\u202Eb", 3, "> ", "| ", 80, 10).Rows.Select(row => (row.Text, row.Columns)));

    private static void Change(LineBuffer buffer, Random random)
    {
        switch (random.Next(8))
        {
            case 0:
                buffer.Backspace();
                break;
            case 1:
                buffer.Left();
                buffer.Left();
                break;
            case 2:
                buffer.KillWord();
                break;
            case 3:
                buffer.Home();
                break;
            case 4:
                buffer.ToEnd();
                break;
            case 5:
                buffer.KillToEnd();
                break;
            default:
                buffer.Insert(SampleText.Create(random, random.Next(1, 8)));
                break;
        }
    }
}
