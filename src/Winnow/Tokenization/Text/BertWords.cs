namespace Winnow.Tokenization.Text;

/// <summary>BERT's words: what lies between white space, with each punctuation mark apart.</summary>
internal static class BertWords
{
    public static PreTokenizerStep[] Steps() =>
    [
        new RegexSplit(@"\s+", SplitBehavior.Removed),
        new RegexSplit(@"[\p{P}!-/:-@\[-`{-~]"),
    ];
}
