namespace Winnow.Models.Config;

/// <summary>Whether queries and keys are normalised.</summary>
internal enum QueryKeyNorm
{
    /// <summary>They are not.</summary>
    None,

    /// <summary>Each head by itself, all with the same weight [headDimension].</summary>
    PerHead,

    /// <summary>Each head by itself and with its own weight, [heads, headDimension].</summary>
    PerHeadOwn,

    /// <summary>Each head by itself, without a weight.</summary>
    PerHeadPlain,

    /// <summary>The whole projection at once, weight [heads · headDimension].</summary>
    WholeProjection,
}
