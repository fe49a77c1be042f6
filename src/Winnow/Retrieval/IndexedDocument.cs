namespace Winnow.Retrieval;

/// <summary>A document of an index.</summary>
/// <param name="Name">What it was called when it was added.</param>
/// <param name="Tokens">Its tokens.</param>
/// <param name="Characters">Its UTF-16 units.</param>
public sealed record IndexedDocument(string Name, int Tokens, long Characters);
