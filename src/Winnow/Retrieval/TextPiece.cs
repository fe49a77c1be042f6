namespace Winnow.Retrieval;

/// <summary>A tokenized piece of a text.</summary>
/// <param name="Text">The piece.</param>
/// <param name="Ids">Its tokens.</param>
/// <param name="Ends">Where each token ends in the piece, in UTF-16 units.</param>
internal sealed record TextPiece(string Text, int[] Ids, int[] Ends);
