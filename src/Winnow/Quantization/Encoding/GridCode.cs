namespace Winnow.Quantization.Encoding;

/// <summary>A block of 256 as entries of a grid, before it is packed.</summary>
internal ref struct GridCode(Span<ushort> entries, Span<byte> scales, Span<byte> signs)
{
    /// <summary>The scale of the scales.</summary>
    public Half D;

    /// <summary>The entries, in order.</summary>
    public readonly Span<ushort> Entries = entries;

    /// <summary>The scale of each group.</summary>
    public readonly Span<byte> Scales = scales;

    /// <summary>A set bit for each negative weight.</summary>
    public readonly Span<byte> Signs = signs;
}
