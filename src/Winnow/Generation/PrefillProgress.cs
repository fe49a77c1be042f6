namespace Winnow.Generation;

/// <summary>How far the computation of a prompt is; it only grows.</summary>
/// <param name="Done">Prompt tokens that are computed; where all go through a layer before the next one begins, the part of the work, in tokens.</param>
/// <param name="Total">Prompt tokens in all.</param>
public readonly record struct PrefillProgress(int Done, int Total);
