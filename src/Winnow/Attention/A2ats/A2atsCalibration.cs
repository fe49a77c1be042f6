using System.Globalization;
using Winnow.Calibration;
using Winnow.Compute;
using Winnow.Compute.Host.Selection;
using Winnow.Formats;

namespace Winnow.Attention.A2ats;

/// <summary>What A²ATS knows of a model before a session begins.</summary>
/// <param name="Codebooks">[layers][kvHeads]; null where the session makes its own.</param>
/// <param name="Far">The distance that queries were rotated by when the codebooks were made; null for the default.</param>
/// <param name="Budgets">The part of the context that each query head reads, [layers · kvHeads]; null for the same everywhere.</param>
internal sealed record A2atsCalibration(Codebook[][]? Codebooks, int? Far, double[]? Budgets)
{
    /// <summary>The distance that queries were rotated by.</summary>
    public const string FarKey = "far";

    /// <summary>Layers that are finished.</summary>
    public const string LayersKey = "layers";

    /// <summary>What is lost if one KV head reads a part only, [layers, kvHeads, <see cref="HeadBudgets.Levels"/>].</summary>
    public const string LossesName = "losses";

    /// <summary>Finds what the options ask for: a codebook file, the model's calibration, or nothing.</summary>
    /// <exception cref="WinnowException">It is damaged, not finished, or does not fit the model.</exception>
    /// <exception cref="InvalidOptionException">The codebook has another number of centroids than the options say.</exception>
    public static A2atsCalibration Find(A2atsAttention options, MethodSetup setup)
    {
        if (options.Codebook is { } path && path != A2atsAttention.Online)
        {
            return new A2atsCalibration(Checked(options, CodebookFile.Open(path, setup.Layers)), null, null);
        }

        if (setup.Calibration.Find(A2atsAttention.Name) is not { } section)
        {
            return new A2atsCalibration(null, null, null);
        }

        double[]? budgets = ReadBudgets(section, setup, options.Rho ?? A2atsAttention.DefaultRho);
        return options.Codebook is null
            ? new A2atsCalibration(Checked(options, ReadCodebooks(section, setup)), section.Integer(FarKey), budgets)
            : new A2atsCalibration(null, null, budgets);
    }

    private static Codebook[][] ReadCodebooks(CalibrationSection section, MethodSetup setup) =>
        section.Integer(LayersKey) == setup.Layers.Count
            ? CodebookFile.Read(setup.Calibration.Path!, section.Tensors, setup.Layers)
            : throw new WinnowException($"{setup.Calibration.Path}: the codebooks of '{A2atsAttention.Name}' are not finished; calibrate again with the same corpus to go on");

    private static double[]? ReadBudgets(CalibrationSection section, MethodSetup setup, double rho)
    {
        if (!section.Tensors.ContainsKey(LossesName))
        {
            return null;
        }

        AttentionShape shape = setup.Layers.GlobalShape;
        int levels = HeadBudgets.Levels.Count;
        float[] losses = section.Tensor(LossesName, setup.Layers.Count, shape.KvHeads, levels).ToSingles();
        int layerLength = shape.KvHeads * levels;
        double[] chosen = HeadBudgets.Allocate(
            [.. setup.Layers.Global.SelectMany(layer => losses.AsSpan(layer * layerLength, layerLength).ToArray())], shape.GroupSize, rho);
        double[] budgets = new double[setup.Layers.Count * shape.KvHeads];
        for (int i = 0; i < setup.Layers.Global.Count; i++)
        {
            chosen.AsSpan(i * shape.KvHeads, shape.KvHeads).CopyTo(budgets.AsSpan(setup.Layers.Global[i] * shape.KvHeads));
        }

        return budgets;
    }

    private static Codebook[][] Checked(A2atsAttention options, Codebook[][] codebooks) => options.Centroids is { } wanted && wanted != codebooks[0][0].Count
        ? throw new InvalidOptionException(
            string.Create(CultureInfo.InvariantCulture, $"attention '{A2atsAttention.Name}': centroids={wanted}, but the codebook has {codebooks[0][0].Count}"))
        : codebooks;
}
