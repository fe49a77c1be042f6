namespace Winnow.Tokenization.Models;

/// <summary>One way to turn plain text, free of special tokens, into ids. Immutable, and safe for concurrent use.</summary>
internal abstract class TokenizerModel
{
    /// <summary>Appends the ids of a fragment.</summary>
    /// <param name="text">Well-formed UTF-16.</param>
    /// <param name="startOfText">Whether the fragment begins the text; otherwise it follows a special token.</param>
    /// <param name="output">Takes the ids.</param>
    /// <param name="cancellation">Looked at between pieces, and within long ones.</param>
    public abstract void Encode(ReadOnlyMemory<char> text, bool startOfText, List<int> output, CancellationToken cancellation);
}
