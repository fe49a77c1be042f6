namespace Winnow.Cli.Terminal;

/// <summary>Messages of several lines: a line that ends with a backslash goes on, and three quotation marks stand around a block.</summary>
internal static class MessageText
{
    private const string Quotes = "\"\"\"";

    /// <summary>Whether a message goes on in the next line.</summary>
    public static bool IsOpen(string text) => IsBlock(text) ? text.IndexOf(Quotes, Begin(text) + Quotes.Length, StringComparison.Ordinal) < 0 : text.EndsWith('\\');

    /// <summary>Whether a message begins with three quotation marks.</summary>
    public static bool IsBlock(string text) => text.AsSpan().TrimStart().StartsWith(Quotes);

    /// <summary>The message without what only says how far it goes.</summary>
    public static string Read(string text)
    {
        if (!IsBlock(text))
        {
            return text.Trim();
        }

        string inner = text[(Begin(text) + Quotes.Length)..];
        int end = inner.IndexOf(Quotes, StringComparison.Ordinal);
        return (end < 0 ? inner : inner[..end] + inner[(end + Quotes.Length)..]).Trim('\n', '\r');
    }

    private static int Begin(string text) => text.IndexOf(Quotes, StringComparison.Ordinal);
}
