using System.Globalization;

namespace Winnow.Compute;

/// <summary>How many layers of a model the named devices compute; the processor computes the others. By default they compute all of them.</summary>
public readonly record struct GpuLayers
{
    private GpuLayers(int? count, bool isAuto)
    {
        Count = count;
        IsAuto = isAuto;
    }

    /// <summary>All layers.</summary>
    public static GpuLayers All => default;

    /// <summary>As many as the devices' free memory holds.</summary>
    public static GpuLayers Auto => new(null, isAuto: true);

    /// <summary>So many, or all of a model that has fewer; null for all of them, or as many as fit.</summary>
    public int? Count { get; }

    /// <summary>Whether free memory decides.</summary>
    public bool IsAuto { get; }

    /// <summary>So many layers.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative.</exception>
    public static implicit operator GpuLayers(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        return new GpuLayers(count, isAuto: false);
    }

    /// <summary>Reads <c>auto</c>, <c>all</c> or a number.</summary>
    /// <returns>Whether it is one of them.</returns>
    public static bool TryParse(string? text, out GpuLayers layers)
    {
        layers = text switch
        {
            "auto" => Auto,
            _ when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int count) => count,
            _ => All,
        };
        return layers != All || text == "all";
    }

    /// <summary>As <see cref="TryParse"/> reads it.</summary>
    public override string ToString() => IsAuto ? "auto" : Count?.ToString(CultureInfo.InvariantCulture) ?? "all";
}
