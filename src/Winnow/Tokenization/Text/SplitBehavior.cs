namespace Winnow.Tokenization.Text;

/// <summary>What becomes of the matches of a <see cref="RegexSplit"/>; the names are those of tokenizer.json.</summary>
internal enum SplitBehavior
{
    /// <summary>Every match and every gap is a piece.</summary>
    Isolated,

    /// <summary>Gaps are pieces, matches are dropped.</summary>
    Removed,

    /// <summary>A match joins the gap before it.</summary>
    MergedWithPrevious,

    /// <summary>A match joins the gap after it.</summary>
    MergedWithNext,

    /// <summary>Matches that touch are one piece.</summary>
    Contiguous,
}
