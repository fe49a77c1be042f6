using System.Text;

namespace Winnow.Cli.Chat;

/// <summary>The texts of <c>/help</c>: a short first one, and one for each topic.</summary>
internal static class ChatHelp
{
    /// <summary>What is shown without a topic: it fits 40 columns and 15 rows.</summary>
    private const string First = """
        /example         a question that works
        /file PATH       ask about a text
        /document PATH   about texts of any size
        /regen, /undo    answer anew, take back
        /clear           forget the conversation
        /save, /load     keep it in a file
        /model           which model answers
        /exit            leave (or Ctrl-D)
        More: /help documents, replies, saving,
        models, keys, or a command's name
        """;

    private const string Keys = """
        Enter sends. Alt-Enter, Ctrl-J or a \ at the end of the line: a new line.
        Three quotation marks before and after: a text of several lines.
        Up, Down: what was typed before. Ctrl-R: search in it.
        Tab: complete a command or a path.
        Ctrl-A, Ctrl-E: start and end of the line. Alt-B, Alt-F: a word back, on.
        Ctrl-W, Ctrl-U, Ctrl-K: cut a word, to the start, to the end. Ctrl-Y: paste it.
        Ctrl-C: stop a reply, or drop the line; twice on an empty one: leave.
        Ctrl-L: clear the screen. Ctrl-D: leave.
        """;

    private static readonly (string Topic, string Title)[] Topics =
    [
        (SlashCommand.Replies, "Replies"),
        (SlashCommand.Documents, "Texts and documents"),
        (SlashCommand.Saving, "Saving"),
        (SlashCommand.Models, "Model, device, attention"),
    ];

    /// <summary>The help for a topic or a command; null where there is neither.</summary>
    public static string? Of(string topic)
    {
        string word = topic.Trim().TrimStart('/').ToLowerInvariant();
        if (word.Length == 0)
        {
            return First;
        }

        if (word is "keys" or "key")
        {
            return Keys;
        }

        foreach ((string name, string title) in Topics)
        {
            if (name == word || name == word + "s" || (name is SlashCommand.Saving && word is "save" or "load"))
            {
                return $"{title}:\n{Commands(SlashCommand.All.Where(command => command.Topic == name))}";
            }
        }

        return SlashCommand.Find(word) is { } command ? Commands([command]) : null;
    }

    private static string Commands(IEnumerable<SlashCommand> commands)
    {
        (string Typed, string Summary)[] lines = [.. commands.Select(command => ($"/{command.Name} {command.Argument}".TrimEnd(), command.Summary))];
        int width = lines.Max(line => line.Typed.Length) + 2;
        return new StringBuilder().AppendJoin('\n', lines.Select(line => line.Typed.PadRight(width) + line.Summary)).ToString();
    }
}
