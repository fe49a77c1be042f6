namespace Winnow.Tokenization;

/// <summary>A token that is recognized in text as a whole, before the text is cut into pieces.</summary>
/// <param name="Id">The token.</param>
/// <param name="Text">How it looks in text.</param>
/// <param name="IsControl">Whether it is recognized only on request; others always are.</param>
internal sealed record SpecialToken(int Id, string Text, bool IsControl)
{
    /// <summary>Whether white space before it goes with it.</summary>
    public bool StripLeft { get; init; }

    /// <summary>Whether white space after it goes with it.</summary>
    public bool StripRight { get; init; }

    /// <summary>Whether it is recognized only where no letter or digit touches it.</summary>
    public bool SingleWord { get; init; }
}
