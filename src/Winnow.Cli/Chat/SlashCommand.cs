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
    public static SlashCommand? Suggest(string word)
    {
        string lower = word.ToLowerInvariant();
        SlashCommand? begun = lower.Length < 2 ? null : All.FirstOrDefault(command => command.Name.StartsWith(lower, StringComparison.Ordinal));
        SlashCommand nearest = All.MinBy(command => Distance(command.Name, lower))!;
        return begun ?? (Distance(nearest.Name, lower) <= Math.Max(1, lower.Length / 3) ? nearest : null);
    }

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

    /// <summary>How many letters must be added, dropped, changed or exchanged with the next to make one word of another.</summary>
    private static int Distance(string first, string second)
    {
        int[,] costs = new int[first.Length + 1, second.Length + 1];
        for (int i = 0; i <= first.Length; i++)
        {
            for (int j = 0; j <= second.Length; j++)
            {
                costs[i, j] = i == 0 || j == 0 ? i + j
                    : Math.Min(Math.Min(costs[i - 1, j], costs[i, j - 1]) + 1, costs[i - 1, j - 1] + (first[i - 1] == second[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && first[i - 1] == second[j - 2] && first[i - 2] == second[j - 1])
                {
                    costs[i, j] = Math.Min(costs[i, j], costs[i - 2, j - 2] + 1);
                }
            }
        }

        return costs[first.Length, second.Length];
    }
}
