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
}
