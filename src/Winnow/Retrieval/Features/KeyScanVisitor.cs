namespace Winnow.Retrieval.Features;

/// <summary>Takes the features of a chunk.</summary>
/// <param name="first">The chunk's first token.</param>
/// <param name="count">Its tokens.</param>
/// <param name="offset">The row of the first token in the observer's features.</param>
/// <param name="observer">Holds the features.</param>
internal delegate void KeyScanVisitor(int first, int count, int offset, FeatureObserver observer);
