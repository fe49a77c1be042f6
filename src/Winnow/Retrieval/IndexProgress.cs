namespace Winnow.Retrieval;

/// <summary>How far the scan of a document is.</summary>
/// <param name="Document">Its name.</param>
/// <param name="Tokens">Tokens that were scanned.</param>
/// <param name="Fraction">The part of the document, from 0 to 1; 0 where its length is not known.</param>
public readonly record struct IndexProgress(string Document, long Tokens, double Fraction);
