namespace Winnow;

/// <summary>How errors quote what an input holds: a message is for a person, whatever the length of what it is about.</summary>
internal static class Quoted
{
    private const int MaxLength = 200;

    /// <summary>The text, cut where it is longer than a message should repeat.</summary>
    public static string Cut(string text)
    {
        if (text.Length <= MaxLength)
        {
            return text;
        }

        int length = char.IsHighSurrogate(text[MaxLength - 1]) ? MaxLength - 1 : MaxLength;
        return $"{text.AsSpan(0, length)}… ({text.Length} characters)";
    }
}
