namespace Winnow.Compute;

/// <summary>The non-linearity of a feed-forward block.</summary>
public enum Activation
{
    /// <summary>x · sigmoid(x), also called swish.</summary>
    Silu,

    /// <summary>Gaussian error linear unit with the exact error function.</summary>
    Gelu,

    /// <summary>Gaussian error linear unit in its tanh approximation.</summary>
    GeluTanh,

    /// <summary>max(x, 0).</summary>
    Relu,

    /// <summary>1 / (1 + e^(−x)): of gates.</summary>
    Sigmoid,
}
