using Winnow.Compute;

namespace Winnow.Attention;

/// <summary>The state of a decode method in one session: names the rows of each step, layer by layer. It never touches keys or values.</summary>
/// <remarks>Only layers without a sliding window are asked about. A step allocates nothing once buffers have grown.</remarks>
internal abstract class DecodeMethod
{
    /// <summary>Whether calls must carry the queries before rotation.</summary>
    public virtual bool NeedsUnrotatedQueries => false;

    /// <summary>Whether <see cref="ObserveKeys"/> is to be told the keys of every token.</summary>
    public virtual bool NeedsUnrotatedKeys => false;

    /// <summary>Bytes that the method keeps for each token, such as codes.</summary>
    public virtual long StateBytes => 0;

    /// <summary>What a saved session should hold, so that it need not be computed again; empty for nothing.</summary>
    /// <param name="length">Tokens that the session holds.</param>
    public virtual byte[] SaveState(int length) => [];

    /// <summary>The cache has been replaced by that of a saved session: what was known of the old one is void.</summary>
    /// <param name="state">What <see cref="SaveState"/> returned, perhaps that of another method or with other options.</param>
    public virtual void LoadState(ReadOnlySpan<byte> state)
    {
    }

    /// <summary>This session begins as a fork of another one with the same cache.</summary>
    /// <param name="other">The other one's method, perhaps of another kind or with other options.</param>
    public virtual void CopyState(DecodeMethod other)
    {
    }

    /// <summary>How many of the prompt's last queries the method wants to see the attention mass of; 0 for none.</summary>
    public virtual int PromptWindow => 0;

    /// <summary>Takes the keys of tokens that are being added to a layer's cache, in any phase; rows from there on were cut before.</summary>
    /// <param name="stream">Reads the keys.</param>
    /// <param name="layer">The layer, one without a sliding window.</param>
    /// <param name="firstPosition">The position of key 0.</param>
    /// <param name="keys">[tokens, kvHeads · headDimension], after any key norm, before rotation.</param>
    public virtual void ObserveKeys(ComputeStream stream, int layer, int firstPosition, Matrix keys)
    {
    }

    /// <summary>A part of a prompt has been computed in a layer.</summary>
    /// <param name="call">The layer, with the queries of the part.</param>
    /// <param name="isLast">Whether the prompt ends with it.</param>
    public virtual void ObservePart(in AttentionCall call, bool isLast)
    {
    }

    /// <summary>A prompt has been computed in a layer: the start, or the new start, of this method's state.</summary>
    /// <param name="call">The layer; its queries are the last ones of the prompt, at most <see cref="PromptWindow"/>.</param>
    /// <param name="mass">[queryHeads, call.Length]: mean probability of each row over those queries.</param>
    public virtual void ObservePrompt(in AttentionCall call, ReadOnlySpan<float> mass)
    {
    }

    /// <summary>A decode step begins.</summary>
    /// <param name="step">1 for the first token after the prompt.</param>
    public virtual void BeginStep(int step)
    {
    }

    /// <summary>Names the rows that a layer's query attends to.</summary>
    /// <param name="call">The layer, with one query.</param>
    /// <param name="observe">Whether the method wants the attention mass of this step.</param>
    public abstract AttentionPlan Select(in AttentionCall call, out bool observe);

    /// <summary>Takes the attention mass that <see cref="Select"/> asked for.</summary>
    /// <param name="call">The same call.</param>
    /// <param name="mass">[queryHeads, call.Length].</param>
    public virtual void Observe(in AttentionCall call, ReadOnlySpan<float> mass)
    {
    }
}
