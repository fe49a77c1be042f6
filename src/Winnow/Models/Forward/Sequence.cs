using Winnow.Attention;
using Winnow.Cache;
using Winnow.Compute;

namespace Winnow.Models.Forward;

/// <summary>One sequence of tokens as forward passes see it: its rows, how they are rotated, and how it attends.</summary>
/// <param name="attention">Which rows queries attend to.</param>
/// <param name="ropes">The rotation of each layer; null where there is none.</param>
internal sealed class Sequence(SessionAttention attention, RopeFrequencies?[] ropes)
{
    /// <summary>The keys and values of the tokens that were read.</summary>
    public required KvCache Cache { get; set; }

    /// <summary>What layers remember of the tokens beside keys and values; null for a model without such layers.</summary>
    public SequenceState? State { get; init; }

    /// <summary>Which rows queries attend to.</summary>
    public SessionAttention Attention { get; } = attention;

    /// <summary>The rotation of each layer; null where there is none.</summary>
    public RopeFrequencies?[] Ropes { get; } = ropes;

    /// <summary>Sees what flows through the passes; null for nobody.</summary>
    public ForwardObserver? Observer { get; set; }
}
