namespace Winnow.Models.Config;

/// <summary>What may differ from layer to layer.</summary>
/// <param name="Window">Where positive, queries see only so many of the last tokens.</param>
/// <param name="Rope">The rotary embedding, or null in a layer without positions.</param>
internal sealed record LayerConfig(int Window, RopeConfig? Rope)
{
    /// <summary>Whether the layer has attention.</summary>
    public bool Attends { get; init; } = true;

    /// <summary>What remembers the sequence in the place of attention or beside it, or null.</summary>
    public RecurrentConfig? Recurrent { get; init; }

    /// <summary>Where blocks have their norms, if not where the architecture has them.</summary>
    public NormPlacement? NormPlacement { get; init; }

    /// <summary>Whether the layer has a feed-forward block.</summary>
    public bool FeedsForward { get; init; } = true;
}
