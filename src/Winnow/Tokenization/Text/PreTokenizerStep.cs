namespace Winnow.Tokenization.Text;

/// <summary>One cut of a <see cref="PreTokenizer"/>.</summary>
internal abstract class PreTokenizerStep
{
    /// <summary>Appends the pieces of <paramref name="piece"/>, none of them empty.</summary>
    /// <param name="piece">What is cut.</param>
    /// <param name="startOfText">Whether it begins the text.</param>
    /// <param name="output">Takes the pieces.</param>
    /// <param name="cancellation">Looked at by a cut that may take long.</param>
    public abstract void Split(ReadOnlyMemory<char> piece, bool startOfText, List<ReadOnlyMemory<char>> output, CancellationToken cancellation);
}
