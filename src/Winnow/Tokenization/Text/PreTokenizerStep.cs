namespace Winnow.Tokenization.Text;

/// <summary>One cut of a <see cref="PreTokenizer"/>.</summary>
internal abstract class PreTokenizerStep
{
    /// <summary>Appends the pieces of <paramref name="piece"/>, none of them empty.</summary>
    public abstract void Split(ReadOnlyMemory<char> piece, bool startOfText, List<ReadOnlyMemory<char>> output);
}
