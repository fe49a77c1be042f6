namespace Winnow.Models.Config;

/// <summary>What a layer is made of.</summary>
/// <param name="Attends">Whether it has attention.</param>
/// <param name="Recurrent">What remembers the sequence in the place of attention or beside it, or null.</param>
/// <param name="FeedsForward">Whether it has a feed-forward block.</param>
internal readonly record struct LayerBlocks(bool Attends, RecurrentConfig? Recurrent = null, bool FeedsForward = true)
{
    /// <summary>Whether its attention rotates queries and keys, where the architecture does.</summary>
    public bool Rotates { get; init; } = true;

    /// <summary>Where its blocks have their norms, if not where the architecture has them.</summary>
    public NormPlacement? NormPlacement { get; init; }

    /// <summary>Factors of a residual stream that is normalised itself; null where it is not.</summary>
    public ResidualFactors? Residual { get; init; }

    /// <summary>This in the place of what every layer has.</summary>
    public LayerConfig In(LayerConfig layer) => layer with
    {
        Attends = Attends,
        Recurrent = Recurrent,
        FeedsForward = FeedsForward,
        Rope = Attends && Rotates ? layer.Rope : null,
        NormPlacement = NormPlacement,
        Residual = Residual,
    };
}
