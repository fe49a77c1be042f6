using Winnow.Compute;

namespace Winnow.Models.Weights;

/// <summary>A linear map.</summary>
/// <param name="Weight">[outputs, inputs].</param>
/// <param name="Bias">[1, outputs], or null.</param>
/// <param name="Scale">What the product is multiplied by: files with NVFP4 weights have a number for each.</param>
internal sealed record Projection(Weight Weight, Matrix? Bias, float Scale = 1)
{
    /// <summary>Whether it is nothing but a product.</summary>
    public bool IsPlain => Bias is null && Scale == 1;
}
