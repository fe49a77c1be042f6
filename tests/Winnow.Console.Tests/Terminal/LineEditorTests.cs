using Winnow.Cli.Chat;
using Winnow.Cli.Terminal;

namespace Winnow.Console.Tests.Terminal;

/// <summary>The editor without a terminal: keys in, a message out.</summary>
public sealed class LineEditorTests
{
    [Theory]
    [InlineData("one\\|Enter|two|Enter", "one\ntwo")]
    [InlineData("\"\"\"a|Enter|b|Enter|c\"\"\"|Enter", "\"\"\"a\nb\nc\"\"\"")]
    [InlineData("/SAV|Tab|x.json|Enter", "/save x.json")]
    [InlineData("/u|Tab|Enter", "/undo")]
    [InlineData("first|Up|Up|Enter", "/stats")]
    [InlineData("draft|Up|Down|!|Enter", "draft!")]
    [InlineData("Search|shi|End|?|Enter", "Where is the ship??")]
    [InlineData("Search|no such|End|Enter", "")]
    [InlineData("x|Search|s|Search|Enter|Enter", "/stats")]
    [InlineData("x|Search|s|Abort|y|Enter", "xy")]
    public void A_message_comes_out(string keys, string message)
    {
        LineHistory history = new();
        history.Add("/stats");
        history.Add("Where is the ship?");
        Assert.Equal(new LineResult(LineEnding.Message, message), Editor(keys, history).Read());
        Assert.Equal(message.Length == 0 ? "Where is the ship?" : message, history.Entries[^1]);
    }

    [Theory]
    [InlineData("EndOrDelete", LineEnding.EndOfInput)]
    [InlineData("a|Backspace|EndOrDelete", LineEnding.EndOfInput)]
    [InlineData("Interrupt", LineEnding.InterruptedAtOnce)]
    [InlineData("Redraw|Interrupt", LineEnding.InterruptedAtOnce)]
    [InlineData("a|Backspace|Interrupt", LineEnding.Interrupted)]
    [InlineData("a|Interrupt", LineEnding.Interrupted)]
    [InlineData("a|EndOfInput", LineEnding.EndOfInput)]
    internal void Other_ends(string keys, LineEnding ending) => Assert.Equal(ending, Editor(keys, new LineHistory()).Read().Ending);

    [Fact]
    public void What_is_pasted_is_one_text_without_control_characters()
    {
        Queue<Key> keys = new([new Key(KeyKind.Paste, "a\r\nb\rc\u001b[2J\u0007\n"), new Key(KeyKind.Enter)]);
        Assert.Equal("a\nb\nc\\x1B[2J\\x07", new LineEditor(keys.Dequeue, TextWriter.Null, new LineHistory(), _ => Completion.None).Read().Text);
    }

    [Fact]
    public void What_is_proposed_can_be_sent_as_it_is() =>
        Assert.Equal("What is it?", Editor("Enter", new LineHistory()).Read("What is it?").Text);

    private static LineEditor Editor(string keys, LineHistory history)
    {
        Queue<Key> queue = new(keys.Split('|').Select(key => Enum.TryParse(key, out KeyKind kind) ? new Key(kind) : new Key(KeyKind.Text, key)));
        return new LineEditor(queue.Dequeue, TextWriter.Null, history, ChatCompletion.Complete) { Columns = () => 80, Rows = () => 24 };
    }
}
