namespace Winnow.Models.Config;

/// <summary>Whether queries and keys are normalised before they are rotated.</summary>
internal enum QueryKeyNorm
{
    /// <summary>They are not.</summary>
    None,

    /// <summary>Each head by itself, all with the same weight [headDimension].</summary>
    PerHead,

    /// <summary>The whole projection at once, weight [heads · headDimension].</summary>
    WholeProjection,
}
