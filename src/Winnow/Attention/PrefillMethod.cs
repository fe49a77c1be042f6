using Winnow.Compute;

namespace Winnow.Attention;

/// <summary>The state of a prefill method in one session: names the rows that a whole prompt's queries attend to, layer by layer.</summary>
/// <remarks>Only layers without a sliding window are asked about. Nothing is kept from one prompt to the next.</remarks>
internal abstract class PrefillMethod
{
    /// <summary>The last queries of the prompt whose attention mass <see cref="Select"/> needs.</summary>
    public abstract int Window { get; }

    /// <summary>Whether a layer's attention to a prompt of this length can be sparse at all.</summary>
    public abstract bool Applies(int layer, int length);

    /// <summary>Chooses the rows of each head.</summary>
    /// <param name="call">A layer that the method applies to, with the queries of the whole prompt.</param>
    /// <param name="mass">[queryHeads, length]: mean probability of each row over the window's queries.</param>
    public abstract AttentionPlan Select(in AttentionCall call, Matrix mass);
}
