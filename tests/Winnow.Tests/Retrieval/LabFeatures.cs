using Winnow.Calibration;
using Winnow.Cli;
using Winnow.Generation;
using Winnow.Retrieval.Features;

namespace Winnow.Tests.Retrieval;

/// <summary>The lab model with small random autoencoders: whatever holds for features must hold for these.</summary>
internal static class LabFeatures
{
    public const int Latents = 256;
    public const int Active = 6;

    /// <summary>Loads the model with a calibration file of its own.</summary>
    public static Engine Load(string calibrationPath, int seed = 1)
    {
        using (Engine plain = Engine.Load(BundledModel.Find(), new EngineOptions { Threads = 1 }))
        {
            Random random = new(seed);
            CalibrationSectionDraft section = new()
            {
                Settings =
                {
                    ["complete"] = true,
                    ["layers"] = new System.Text.Json.Nodes.JsonArray(1, 2),
                    ["heads"] = new System.Text.Json.Nodes.JsonArray(KeyProjection.AllHeads, 3),
                    ["active"] = new System.Text.Json.Nodes.JsonArray(Active),
                },
            };
            FeatureModel.Write(section, Autoencoder(random, new KeyProjection(1, KeyProjection.AllHeads), plain.Model.HeadDimension));
            FeatureModel.Write(section, Autoencoder(random, new KeyProjection(2, 3), plain.Model.HeadDimension));
            CalibrationFile.Write(calibrationPath, plain.Model.Identity, new Dictionary<string, CalibrationSectionDraft> { [FeatureModel.Method] = section });
        }

        return Engine.Load(BundledModel.Find(), new EngineOptions { Threads = 2, CalibrationPath = calibrationPath });
    }

    private static KeyAutoencoder Autoencoder(Random random, KeyProjection projection, int width)
    {
        FeatureScale scale = new([.. Enumerable.Range(0, width).Select(_ => random.NextSingle() - 0.5f)], 0.5f);
        return new KeyAutoencoder
        {
            Projection = projection,
            Width = width,
            Latents = Latents,
            Active = Active,
            Encoder = [.. Enumerable.Range(0, Latents * width).Select(_ => (Half)(random.NextSingle() - 0.5f))],
            Bias = [.. Enumerable.Range(0, Latents).Select(_ => random.NextSingle())],
            Keys = scale,
            Queries = scale,
        };
    }
}
