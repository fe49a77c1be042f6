using Winnow.Cli.Chat;
using Winnow.Cli.Terminal;
using Winnow.Conversations;

namespace Winnow.Console.Tests.Chats;

public sealed class ReplyWriterTests
{
    [Theory]
    [InlineData(false, "<think>|well,| hm</th|ink>|\n\nSo: |4", "\u001b[2mwell, hm\n\n\u001b[0mSo: 4\n")]
    [InlineData(true, "well, hm\n</think>\n4", "\u001b[2mwell, hm\n\n\u001b[0m4\n")]
    [InlineData(false, "no thoughts", "no thoughts\n")]
    [InlineData(false, "<think>stopped", "\u001b[2mstopped\n\n\u001b[0m")]
    [InlineData(false, "a\u001b[31m<think>", "a\\x1B[31m<think>\n")]
    public void Thoughts_are_dim(bool startsInside, string pieces, string shown) => Assert.Equal(shown, Write(new TerminalStyle(isPlain: false), startsInside, pieces));

    [Fact]
    public void Without_colours_thoughts_stand_between_their_tags() =>
        Assert.Equal("<think>\nhm\n</think>\n\n4\n", Write(new TerminalStyle(isPlain: true), false, "<think>hm</think>4"));

    private static string Write(TerminalStyle style, bool startsInside, string pieces)
    {
        StringWriter output = new();
        TerminalReplyWriter writer = new(output, style, new ReasoningText("<think>", "</think>", startsInside));
        foreach (string piece in pieces.Split('|'))
        {
            writer.Write(piece);
        }

        writer.End();
        return output.ToString();
    }
}
