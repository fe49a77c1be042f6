namespace Winnow.Lab.Calibration.S3;

/// <summary>How well an autoencoder came out.</summary>
/// <param name="Unexplained">The fraction of the variance of held-out vectors that its reconstruction misses.</param>
/// <param name="Dead">The fraction of its features that no longer fire.</param>
/// <param name="Steps">Steps that were taken.</param>
internal readonly record struct AutoencoderQuality(double Unexplained, double Dead, int Steps);
