namespace Winnow.Retrieval.Lexical;

/// <summary>Takes a word; the characters are valid during the call only.</summary>
internal delegate void WordVisitor(ReadOnlySpan<char> word);
