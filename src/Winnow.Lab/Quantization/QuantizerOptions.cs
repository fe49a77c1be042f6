using static Winnow.Limits;

namespace Winnow.Lab.Quantization;

/// <summary>How <see cref="ModelQuantizer"/> works.</summary>
public sealed record QuantizerOptions
{
    /// <summary>How many threads encode; 0 for one a processor.</summary>
    public int Threads { get; init => field = Within(value, 0, 4096); }

    /// <summary>What the errors of weights count; null to weigh them by themselves.</summary>
    public ImportanceMatrix? Importance { get; init; }

    /// <summary>Whether all matrices get the type that the mixture is named after.</summary>
    public bool Pure { get; init; }

    /// <summary>Whether weights that are quantized already may be quantized again, which adds a second error to the first.</summary>
    public bool AllowRequantizing { get; init; }
}
