namespace Winnow.Retrieval.Storage;

/// <summary>The autoencoders that the features of an index come from.</summary>
/// <param name="Hash">Tells calibrations apart.</param>
/// <param name="Latents">Features of each.</param>
internal sealed record IndexFeatures(string Hash, IReadOnlyList<int> Latents);
