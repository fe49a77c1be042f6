namespace Winnow.Lab.Evaluation.Cases;

/// <summary>A paragraph or line that surrounds the facts.</summary>
/// <param name="Text">The text.</param>
/// <param name="Tokens">Its tokens together with the separator after it, as far as counting it alone can tell.</param>
internal readonly record struct FillerPiece(string Text, int Tokens);
