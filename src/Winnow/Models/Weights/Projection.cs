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

    /// <summary>Maps rows.</summary>
    /// <param name="stream">Computes.</param>
    /// <param name="input">[tokens, inputs].</param>
    /// <param name="output">[tokens, outputs].</param>
    /// <param name="steps">How many of the first tokens are decode steps.</param>
    public void Apply(ComputeStream stream, Matrix input, Matrix output, int steps)
    {
        stream.MatMul(Weight, input, output, steps);
        Finish(stream, output);
    }

    /// <summary>What follows the product: scale and bias.</summary>
    public void Finish(ComputeStream stream, Matrix output)
    {
        if (Scale != 1)
        {
            stream.Scale(output, Scale);
        }

        if (Bias is { } bias)
        {
            stream.Add(output, bias);
        }
    }
}
