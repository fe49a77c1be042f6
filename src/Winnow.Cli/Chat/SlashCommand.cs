using Winnow.Cli.Help;

namespace Winnow.Cli.Chat;

/// <summary>A command of the chat, as help and completion know it.</summary>
/// <param name="Name">What is typed, without the slash.</param>
/// <param name="Argument">What follows; empty for nothing.</param>
/// <param name="Summary">What it does, in a line.</param>
/// <param name="Topic">Where help lists it.</param>
internal sealed record SlashCommand(string Name, string Argument, string Summary, string Topic)
{
    public const string Replies = "replies";
    public const string Documents = "documents";
    public const string Saving = "saving";
    public const string Models = "models";
    public const string General = "general";

    /// <summary>Words that mean a command, from other programs and from habit.</summary>
    private static readonly Dictionary<string, string> Aliases = new(StringComparer.OrdinalIgnoreCase)
    {
        ["?"] = "help",
        ["h"] = "help",
        ["bye"] = "exit",
        ["quit"] = "exit",
        ["q"] = "exit",
        ["docs"] = "documents",
        ["retry"] = "regen",
        ["regenerate"] = "regen",
        ["reset"] = "clear",
        ["new"] = "clear",
    };

    /// <summary>All commands, in the order of the help.</summary>
    public static IReadOnlyList<SlashCommand> All { get; } =
    [
        new("regen", "", "answer the last question anew", Replies),
        new("continue", "", "go on with a reply that was stopped", Replies),
        new("undo", "", "take the last question and its reply back", Replies),
        new("copy", "", "the last reply goes to the clipboard (OSC 52)", Replies),
        new("messages", "", "the conversation so far", Replies),
        new("clear", "", "forget the conversation, keep system message and documents", Replies),
        new("system", "TEXT", "set the system message (empty: none) and begin anew", Replies),
        new("example", "", "a text with hidden facts, and a question that works", Documents),
        new("file", "PATH", "put a text in front of the next question", Documents),
        new("document", "PATH", "answer from a text of any length, a folder, an index file", Documents),
        new("documents", "[remove N]", "list the documents, or take one out", Documents),
        new("sources", "[all]", "what the last reply was made from, the best first", Documents),
        new("save", "PATH", "save conversation, documents, and all that was computed", Saving),
        new("load", "PATH", "go on with a saved conversation", Saving),
        new("model", "[PATH]", "say which model answers, or take another", Models),
        new("device", "[NAME]", "say what computes, or take another", Models),
        new("attention", "[SPEC]", "say how the model attends, or change it", Models),
        new("stats", "", "tokens, speed and memory of the last reply", Models),
        new("help", "[TOPIC]", "help: replies, documents, saving, models, keys", General),
        new("exit", "", "leave (also Ctrl-D)", General),
    ];

    /// <summary>The command that a word means, whatever its case; null for none.</summary>
    public static SlashCommand? Find(string word)
    {
        string name = Aliases.GetValueOrDefault(word, word);
        return All.FirstOrDefault(command => command.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>The command that a word was probably meant to be; null where none is close.</summary>
    public static SlashCommand? Suggest(string word) => Suggestion.For(word, All.Select(command => command.Name)) is { } name ? Find(name) : null;

    /// <summary>Whether a message is meant as a command: a slash and a word of letters, and nothing else in that word.</summary>
    public static bool TryParse(string message, out string word, out string argument)
    {
        word = "";
        argument = "";
        if (message is not ['/', ..])
        {
            return false;
        }

        int end = message.AsSpan().IndexOfAny(' ', '\t', '\n');
        word = end < 0 ? message[1..] : message[1..end];
        argument = end < 0 ? "" : message[end..].Trim();
        return word.Length > 0 && word.All(c => char.IsAsciiLetter(c) || c is '?' or '-');
    }
}
