namespace Winnow.Retrieval.Storage;

/// <summary>Where a block lies in its file.</summary>
/// <param name="Offset">The first byte.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Sha256">Their hash, in hexadecimal digits.</param>
internal readonly record struct BlockPlace(long Offset, int Length, string Sha256);
