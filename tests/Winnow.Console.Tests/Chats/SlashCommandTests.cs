using Winnow.Cli.Chat;
using Winnow.Cli.Output;
using Winnow.Cli.Terminal;

namespace Winnow.Console.Tests.Chats;

public sealed class SlashCommandTests
{
    [Theory]
    [InlineData("/help", "help", "")]
    [InlineData("/Help  keys ", "Help", "keys")]
    [InlineData("/?", "?", "")]
    [InlineData("/file a b.txt", "file", "a b.txt")]
    [InlineData("/system two\nlines", "system", "two\nlines")]
    public void A_command_is_a_slash_and_a_word(string message, string word, string argument)
    {
        Assert.True(SlashCommand.TryParse(message, out string read, out string rest));
        Assert.Equal((word, argument), (read, rest.Trim()));
    }

    [Theory]
    [InlineData("/etc/hosts is what?")]
    [InlineData("/ is a slash")]
    [InlineData("//")]
    [InlineData("/1 + 1")]
    [InlineData("what is /help?")]
    public void Anything_else_is_a_question(string message) => Assert.False(SlashCommand.TryParse(message, out _, out _));

    [Theory]
    [InlineData("HELP", "help")]
    [InlineData("?", "help")]
    [InlineData("bye", "exit")]
    [InlineData("Quit", "exit")]
    [InlineData("nonsense", null)]
    public void Words_mean_commands_in_any_case(string word, string? command) => Assert.Equal(command, SlashCommand.Find(word)?.Name);

    [Theory]
    [InlineData("hepl", "help")]
    [InlineData("docment", "document")]
    [InlineData("sorces", "sources")]
    [InlineData("mod", "model")]
    [InlineData("xit", "exit")]
    [InlineData("frobnicate", null)]
    [InlineData("x", null)]
    public void A_slip_is_understood(string word, string? command) => Assert.Equal(command, SlashCommand.Suggest(word)?.Name);

    [Fact]
    public void The_first_help_fits_a_small_terminal_and_every_topic_a_usual_one()
    {
        string first = ChatHelp.Of("")!;
        Assert.InRange(TextWrap.Lines(first, 40).Count(), 1, 13);
        foreach (string topic in (string[])["replies", "documents", "saving", "models", "keys", "document", "/save", "exit"])
        {
            Assert.InRange(TextWrap.Lines(ChatHelp.Of(topic)!, 80).Count(), 1, 22);
        }

        Assert.Null(ChatHelp.Of("nonsense"));
        Assert.All(SlashCommand.All, command => Assert.NotNull(ChatHelp.Of(command.Name)));
    }

    [Theory]
    [InlineData("\"\"\"one\ntwo\"\"\"", "one\ntwo")]
    [InlineData("\"\"\"\n  one\n\"\"\"", "  one")]
    [InlineData("  one ", "one")]
    [InlineData("\"\"\"one", "one")]
    [InlineData("say \"\"\"", "say \"\"\"")]
    public void Quotation_marks_stand_around_a_block(string typed, string message) => Assert.Equal(message, MessageText.Read(typed));

    [Theory]
    [InlineData(79, "reading [============            ]  50 % 0:04 left 1000 tokens")]
    [InlineData(40, "reading [=======       ]  50 % 0:04 left")]
    [InlineData(39, "reading [======       ]  50 % 0:04 left")]
    [InlineData(24, "reading [====    ]  50 %")]
    [InlineData(14, "reading  50 %")]
    [InlineData(5, "readi")]
    public void Progress_fits_the_terminal(int columns, string line) => Assert.Equal(line, ProgressLine.Compose("reading", 0.5, "0:04 left", "1000 tokens", columns));
}
