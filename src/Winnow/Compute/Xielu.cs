namespace Winnow.Compute;

/// <summary>
/// xIELU (https://arxiv.org/abs/2411.13010): positive · x² + beta · x for positive x, negative · (e^min(x, ε) − 1 − x) + beta · x for others.
/// </summary>
/// <param name="Positive">The factor of squares.</param>
/// <param name="Negative">The factor of the other branch.</param>
/// <param name="Beta">The factor of x.</param>
/// <param name="Epsilon">What the exponential is limited to: next to nothing.</param>
internal sealed record Xielu(float Positive, float Negative, float Beta, float Epsilon);
