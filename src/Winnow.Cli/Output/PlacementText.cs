using System.Globalization;
using Winnow.Compute;
using Winnow.Generation;

namespace Winnow.Cli.Output;

/// <summary>Which devices compute which part of a model, for people.</summary>
internal static class PlacementText
{
    private const double Gibibyte = 1 << 30;

    /// <summary>What computes.</summary>
    public static string Devices(Engine engine) => string.Join(" + ", engine.Placement.Select(part => part.Description));

    /// <summary>How many layers lie where, GPUs first, and what they take of the memory that was free.</summary>
    public static string Layers(Engine engine)
    {
        string[] gpus = [.. engine.Placement.Where(HasMemory).Select(part => Of(engine, part))];
        int others = engine.Placement.Where(part => !HasMemory(part)).Sum(part => part.Count);
        return gpus.Length == 0 ? $"the processor computes all {others} layers: no layer fits on the device"
            : others == 0 ? string.Join(", ", gpus)
            : $"{string.Join(", ", gpus)}, {others} on the processor";
    }

    private static bool HasMemory(DeviceLayers part) => part.FreeBytes is not null;

    private static string Of(Engine engine, DeviceLayers part) => string.Create(
        CultureInfo.InvariantCulture,
        $"{part.Count} of {engine.Model.Layers} layers on {part.Description}: {part.NeededBytes / Gibibyte:F2} of {part.FreeBytes / Gibibyte:F2} GiB free");
}
