using Winnow.Cli.Output;
using Winnow.Cli.Terminal;
using Winnow.Conversations;
using Conversation = Winnow.Conversations.Chat;

namespace Winnow.Cli.Chat;

/// <summary>Where a chat writes: replies and results to standard output, notes to standard error; wrapped between words where they are terminals.</summary>
internal sealed class ChatScreen
{
    private const int LineIndent = 2;

    private readonly TextWriter _output = Console.Out;
    private readonly TerminalStyle _style = TerminalStyle.OfEnvironment();

    /// <summary>Whether replies go to a terminal that can do more than print lines.</summary>
    public bool IsTerminal { get; } = !Console.IsOutputRedirected && !TerminalStyle.IsDumb;

    /// <summary>Writes what a command has to say.</summary>
    /// <param name="text">Lines with line feeds between.</param>
    /// <param name="indent">Blanks in front of a line that goes on with another.</param>
    public void Say(string text, int indent = LineIndent) => WriteLines(_output, Console.IsOutputRedirected, text, indent);

    /// <summary>Writes a remark, dim where that is possible.</summary>
    public void Note(string text)
    {
        if (Console.IsErrorRedirected)
        {
            Console.Error.WriteLine(text);
            return;
        }

        StandardStreams.Drawing.Write(_style.Dim);
        WriteLines(Console.Error, false, text, 0);
        StandardStreams.Drawing.Write(_style.Normal);
    }

    /// <summary>Begins a reply.</summary>
    /// <param name="conversation">What it belongs to.</param>
    public ReplyWriter BeginReply(Conversation conversation)
    {
        if (!IsTerminal)
        {
            return new ReplyWriter(StandardStreams.Answer);
        }

        return new TerminalReplyWriter(StandardStreams.Screen, _style, ReasoningText.Of(conversation.Engine));
    }

    /// <summary>Sends a text to the clipboard of the terminal (OSC 52).</summary>
    public static void Copy(string text)
    {
        string base64 = Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(text));
        StandardStreams.Screen.Write($"\u001b]52;c;{base64}\a");
        StandardStreams.Screen.Flush();
    }

    private static void WriteLines(TextWriter writer, bool isRedirected, string text, int indent)
    {
        if (isRedirected)
        {
            writer.WriteLine(text);
            return;
        }

        // What is spelled out takes columns too.
        using StringWriter visible = new();
        new VisibleWriter(visible).Write(text);
        foreach (string line in TextWrap.Lines(visible.ToString(), TerminalSize.Columns, indent))
        {
            writer.WriteLine(line);
        }
    }
}
