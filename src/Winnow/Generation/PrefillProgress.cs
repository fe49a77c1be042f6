namespace Winnow.Generation;

/// <summary>How far the computation of a prompt is.</summary>
/// <param name="Done">Prompt tokens whose keys and values are in the cache.</param>
/// <param name="Total">Prompt tokens in all.</param>
public readonly record struct PrefillProgress(int Done, int Total);
