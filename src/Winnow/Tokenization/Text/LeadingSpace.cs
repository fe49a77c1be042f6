namespace Winnow.Tokenization.Text;

/// <summary>Puts a space in front of a piece that begins with none (<c>add_prefix_space</c> of byte-level vocabularies).</summary>
internal sealed class LeadingSpace : PreTokenizerStep
{
    public override void Split(ReadOnlyMemory<char> piece, bool startOfText, List<ReadOnlyMemory<char>> output, CancellationToken cancellation) =>
        output.Add(piece.Span[0] == ' ' ? piece : $" {piece.Span}".AsMemory());
}
