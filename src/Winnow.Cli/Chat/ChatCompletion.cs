using Winnow.Cli.Terminal;

namespace Winnow.Cli.Chat;

/// <summary>What Tab puts in: commands, and paths behind those that take one.</summary>
internal static class ChatCompletion
{
    private static readonly string[] WithPath = ["file", "document", "save", "load", "model"];

    /// <summary>What may stand in place of what was begun.</summary>
    /// <param name="text">The text up to the cursor.</param>
    public static Completion Complete(string text)
    {
        if (text is not ['/', ..] || text.Contains('\n', StringComparison.Ordinal))
        {
            return Completion.None;
        }

        int blank = text.IndexOf(' ', StringComparison.Ordinal);
        if (blank < 0)
        {
            return new Completion(0, [.. SlashCommand.All
                .Where(command => command.Name.StartsWith(text[1..], StringComparison.OrdinalIgnoreCase))
                .Select(command => $"/{command.Name}{(command.Argument.Length > 0 ? " " : "")}").Order(StringComparer.Ordinal)]);
        }

        int argument = blank + 1;
        while (argument < text.Length && text[argument] == ' ')
        {
            argument++;
        }

        return WithPath.Contains(text[1..blank].ToLowerInvariant()) ? new Completion(argument, PathText.Complete(text[argument..]))
            : text[..blank].Equals("/help", StringComparison.OrdinalIgnoreCase)
                ? new Completion(argument, [.. new[] { "documents", "keys", "models", "replies", "saving" }.Where(topic => topic.StartsWith(text[argument..], StringComparison.OrdinalIgnoreCase))])
            : Completion.None;
    }
}
