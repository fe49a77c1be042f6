using System.Text;
using Winnow.Cli.Terminal;

namespace Winnow.Cli.Chat;

/// <summary>Reads messages: through the line editor at a terminal, line by line elsewhere.</summary>
internal sealed class ChatInput : IDisposable
{
    private readonly TextReader _lines;
    private readonly TextWriter _output;
    private readonly bool _prompts;
    private readonly LineEditor? _editor;

    /// <summary>Opens the terminal, where there is one.</summary>
    /// <param name="lines">Where lines come from, if there is none.</param>
    /// <param name="output">Where prompts go, if there is none.</param>
    /// <param name="screen">The terminal.</param>
    public ChatInput(TextReader lines, TextWriter output, TextWriter screen)
    {
        _lines = lines;
        _output = output;
        _prompts = !Console.IsInputRedirected;
        Terminal = TerminalInput.Open(screen);
        _editor = Terminal is null ? null
            : new LineEditor(Terminal.Next, screen, new LineHistory(HistoryFile.OfUser()), ChatCompletion.Complete) { Suspend = Terminal.Suspend };
    }

    /// <summary>The terminal; null where lines are read.</summary>
    public TerminalInput? Terminal { get; }

    /// <summary>Reads a message.</summary>
    /// <param name="proposed">What stands there already; only an editor can show it.</param>
    public LineResult Read(string proposed)
    {
        LineResult read = _editor?.Read(proposed) ?? ReadLines();
        return read.Ending == LineEnding.Message ? read with { Text = MessageText.Read(read.Text) } : read;
    }

    public void Dispose() => Terminal?.Dispose();

    private LineResult ReadLines()
    {
        StringBuilder message = new();
        while (true)
        {
            if (_prompts)
            {
                _output.Write(message.Length == 0 ? "> " : "| ");
                _output.Flush();
            }

            if (_lines.ReadLine() is not { } line)
            {
                return message.Length > 0 ? new LineResult(LineEnding.Message, message.ToString()) : new LineResult(LineEnding.EndOfInput);
            }

            message.Append(line);
            string text = message.ToString();
            if (!MessageText.IsOpen(text))
            {
                return new LineResult(LineEnding.Message, text);
            }

            if (!MessageText.IsBlock(text))
            {
                message.Length--;
            }

            message.Append('\n');
        }
    }
}
