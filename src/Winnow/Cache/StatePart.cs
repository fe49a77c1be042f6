namespace Winnow.Cache;

/// <summary>A matrix of f32 that a layer remembers of a sequence.</summary>
/// <param name="Layer">The layer.</param>
/// <param name="Rows">Rows.</param>
/// <param name="Columns">Elements of a row.</param>
internal readonly record struct StatePart(int Layer, int Rows, int Columns);
