using Winnow.Retrieval.Storage;

namespace Winnow.Retrieval.Search;

/// <summary>A block in the numbering of all documents.</summary>
/// <param name="Block">The block.</param>
/// <param name="Document">Its document.</param>
/// <param name="FirstToken">The number of its first token.</param>
/// <param name="FirstUnit">The number of its first unit.</param>
internal readonly record struct BlockPosition(IndexBlock Block, int Document, int FirstToken, int FirstUnit);
