namespace Winnow.Compute;

/// <summary>The non-linearity of a feed-forward block.</summary>
internal enum Activation
{
    /// <summary>x · sigmoid(x), also called swish.</summary>
    Silu,

    /// <summary>Gaussian error linear unit with the exact error function.</summary>
    Gelu,

    /// <summary>Gaussian error linear unit in its tanh approximation.</summary>
    GeluTanh,

    /// <summary>max(x, 0).</summary>
    Relu,

    /// <summary>max(x, 0)² (https://arxiv.org/abs/2109.08668).</summary>
    ReluSquared,

    /// <summary>
    /// y · sigmoid(1.702 y) with y = min(x, 7). Where it gates, up is limited to ±7 and 1 is added to it (gpt-oss,
    /// https://github.com/openai/gpt-oss/blob/main/gpt_oss/torch/model.py).
    /// </summary>
    ClampedSwish,

    /// <summary>1 / (1 + e^(−x)): of gates.</summary>
    Sigmoid,
}
