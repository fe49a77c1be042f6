using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Winnow.Attention.A2ats;
using Winnow.Calibration;
using Winnow.Models;
using Winnow.Retrieval.Features;
using Winnow.Tensors;

namespace Winnow.Fuzz.Models;

/// <summary>A sidecar of the tiny model with a section for each method, whose values are random: what is calibrated makes no difference to readers.</summary>
internal static class TinyCalibration
{
    private const int Centroids = 8;
    private const int Latents = 24;
    private const int Active = 4;

    /// <summary>Writes all sections but those that are left out.</summary>
    public static void Write(string path, ModelInfo model, params string[] without)
    {
        Dictionary<string, CalibrationSectionDraft> sections = new()
        {
            ["a2ats"] = A2ats(),
            ["s3"] = Features(),
            ["delta"] = new() { Settings = new JsonObject { ["select"] = new JsonArray(0) } },
            ["token-sparse"] = new() { Settings = new JsonObject { ["layers"] = new JsonArray(1), ["heads"] = new JsonArray(0), ["tau"] = 0.9 } },
            ["tuning"] = new() { Settings = new JsonObject { ["methods"] = new JsonArray("a2ats:window=8", "recycled:pool=3", "delta:select=0") } },
        };
        Array.ForEach(without, name => sections.Remove(name));
        CalibrationFile.Write(path, model.Identity, sections);
    }

    /// <summary>Writes codebooks alone.</summary>
    public static void WriteCodebooks(string path, bool isWhole)
    {
        using Formats.SafetensorsWriter writer = new(path);
        (string Name, long[] Shape)[] tensors = [.. Codebooks().Where(tensor => isWhole || tensor.Name is CodebookFile.Lower or CodebookFile.ScoreCentroids)];
        Array.ForEach(tensors, tensor => writer.Declare(tensor.Name, TensorType.F32, tensor.Shape));
        Array.ForEach(tensors, tensor => writer.Write(tensor.Name, TinyFiles.Values(TensorType.F32, tensor.Shape)));
        writer.Complete();
    }

    private static (string Name, long[] Shape)[] Codebooks() =>
    [
        (CodebookFile.Lower, [TinyModel.Layers, TinyModel.KvHeads, TinyModel.HeadDim, TinyModel.HeadDim]),
        (CodebookFile.ScoreCentroids, [TinyModel.Layers, TinyModel.KvHeads, Centroids, TinyModel.HeadDim]),
        (CodebookFile.Centroids, [TinyModel.Layers, TinyModel.KvHeads, Centroids, TinyModel.HeadDim]),
        (CodebookFile.Mean, [TinyModel.Layers, TinyModel.KvHeads, TinyModel.HeadDim]),
    ];

    private static CalibrationSectionDraft A2ats()
    {
        CalibrationSectionDraft section = new()
        {
            Settings = new JsonObject { [A2atsCalibration.FarKey] = 64, [A2atsCalibration.LayersKey] = TinyModel.Layers },
        };
        foreach ((string name, long[] shape) in Codebooks())
        {
            section.Set(name, Floats(shape), shape);
        }

        long[] losses = [TinyModel.Layers, TinyModel.KvHeads, HeadBudgets.Levels.Count];
        section.Set(A2atsCalibration.LossesName, Floats(losses), losses);
        return section;
    }

    private static CalibrationSectionDraft Features()
    {
        CalibrationSectionDraft section = new()
        {
            Settings = new JsonObject { ["complete"] = true, ["active"] = new JsonArray(Active), ["layers"] = new JsonArray(0, 1), ["heads"] = new JsonArray(0, KeyProjection.AllHeads) },
        };
        foreach (KeyProjection projection in (KeyProjection[])[new(0, 0), new(1, KeyProjection.AllHeads)])
        {
            FeatureScale scale = new(Floats(TinyModel.HeadDim), 1);
            FeatureModel.Write(section, new KeyAutoencoder
            {
                Projection = projection,
                Width = TinyModel.HeadDim,
                Latents = Latents,
                Active = Active,
                Encoder = [.. Floats(Latents, TinyModel.HeadDim).Select(value => (Half)value)],
                Bias = Floats(Latents),
                Keys = scale,
                Queries = scale,
            });
        }

        return section;
    }

    private static float[] Floats(params ReadOnlySpan<long> shape) => MemoryMarshal.Cast<byte, float>(TinyFiles.Values(TensorType.F32, shape)).ToArray();
}
