using Winnow.Compute;

namespace Winnow.Models.Forward;

/// <summary>Sees what flows through a forward pass, chunk by chunk, and changes nothing: how statistics and indexes are gathered.</summary>
internal abstract class ForwardObserver
{
    /// <summary>
    /// The last layer whose queries and keys are of interest: the pass ends there, which leaves the cache without rows in the
    /// later layers and forbids any output. Null for a whole pass.
    /// </summary>
    public virtual int? LastLayer => null;

    /// <summary>The residual stream of a chunk as it enters a layer, or, with the number of layers, as it leaves the last one.</summary>
    /// <param name="stream">Reads matrices.</param>
    /// <param name="layer">The layer that the rows enter.</param>
    /// <param name="firstPosition">The position of row 0.</param>
    /// <param name="hidden">[tokens, hidden].</param>
    public virtual void ObserveHidden(ComputeStream stream, int layer, int firstPosition, Matrix hidden)
    {
    }

    /// <summary>The queries and keys of a chunk after their norms and before rotation.</summary>
    /// <param name="stream">Reads matrices.</param>
    /// <param name="layer">The layer.</param>
    /// <param name="firstPosition">The position of row 0.</param>
    /// <param name="queries">[tokens, queryHeads · headDimension].</param>
    /// <param name="keys">[tokens, kvHeads · headDimension].</param>
    public virtual void ObserveHeads(ComputeStream stream, int layer, int firstPosition, Matrix queries, Matrix keys)
    {
    }
}
