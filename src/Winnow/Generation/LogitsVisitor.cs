namespace Winnow.Generation;

/// <summary>Receives the logits after one token of a sequence.</summary>
/// <param name="index">The token's index in the sequence.</param>
/// <param name="logits">[vocabulary]; valid only during the call.</param>
public delegate void LogitsVisitor(int index, ReadOnlySpan<float> logits);
