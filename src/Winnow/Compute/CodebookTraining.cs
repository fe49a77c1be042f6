namespace Winnow.Compute;

/// <summary>How codebooks are made from keys in the cache.</summary>
/// <param name="Step">Every so many tokens give their keys.</param>
/// <param name="Count">How many do.</param>
/// <param name="Centroids">Centroids of each KV head.</param>
/// <param name="Iterations">Updates of Lloyd's algorithm at most.</param>
/// <param name="Seed">Of the seeding.</param>
internal readonly record struct CodebookTraining(int Step, int Count, int Centroids, int Iterations, int Seed);
