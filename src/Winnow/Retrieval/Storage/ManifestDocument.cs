namespace Winnow.Retrieval.Storage;

/// <summary>A document of an index file.</summary>
/// <param name="Name">What the user calls it.</param>
/// <param name="Blocks">Its parts in order.</param>
internal sealed record ManifestDocument(string Name, IReadOnlyList<BlockPlace> Blocks);
