using Winnow.Compute;

namespace Winnow.Models.Weights;

/// <summary>Linear maps of the same input, computed in one pass: query, key and value; gate and up.</summary>
internal sealed class ProjectionGroup
{
    public ProjectionGroup(Projection[] projections)
    {
        Projections = projections;
        Weights = Array.ConvertAll(projections, projection => projection.Weight);
    }

    /// <summary>The maps.</summary>
    public Projection[] Projections { get; }

    /// <summary>Their weights, in the same order.</summary>
    public Weight[] Weights { get; }

    /// <summary>Whether all of them are nothing but products.</summary>
    public bool ArePlain => Array.TrueForAll(Projections, projection => projection.IsPlain);

    /// <summary>Maps rows, with all weights in one pass.</summary>
    /// <param name="stream">Computes.</param>
    /// <param name="input">[tokens, inputs].</param>
    /// <param name="outputs">Each [tokens, outputs of its map].</param>
    /// <param name="steps">How many of the first tokens are decode steps.</param>
    public void Apply(ComputeStream stream, Matrix input, ReadOnlySpan<Matrix> outputs, int steps)
    {
        stream.MatMul(Weights, input, outputs, steps);
        for (int i = 0; i < outputs.Length; i++)
        {
            Projections[i].Finish(stream, outputs[i]);
        }
    }
}
