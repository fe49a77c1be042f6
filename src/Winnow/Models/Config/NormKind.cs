namespace Winnow.Models.Config;

/// <summary>How activations are normalised.</summary>
internal enum NormKind
{
    /// <summary>Divide by the root mean square, multiply by a weight.</summary>
    Rms,

    /// <summary>Subtract the mean, divide by the standard deviation, multiply by a weight, add a bias.</summary>
    Layer,
}
