namespace Winnow.Lab.Calibration.S3;

/// <summary>The size of an autoencoder and how it is trained.</summary>
/// <param name="Latents">Features (m).</param>
/// <param name="Active">Features that fire for a vector (k).</param>
/// <param name="Steps">Steps at most.</param>
/// <param name="Batch">Vectors of a step.</param>
/// <param name="LearningRate">Adam's rate.</param>
internal sealed record AutoencoderTraining(int Latents, int Active, int Steps, int Batch = 512, float LearningRate = 1e-3f);
