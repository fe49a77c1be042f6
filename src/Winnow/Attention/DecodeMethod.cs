using Winnow.Compute;

namespace Winnow.Attention;

/// <summary>
/// A decode method in one session: has the device name the rows of each step, layer by layer. It holds schedule and settings; what
/// depends on data is the business of a <see cref="RowSelector"/> and stays on the device.
/// </summary>
/// <remarks>Only layers without a sliding window are asked about. A step allocates nothing once buffers have grown.</remarks>
internal abstract class DecodeMethod
{
    /// <summary>Whether calls must carry the queries before rotation.</summary>
    public virtual bool NeedsUnrotatedQueries => false;

    /// <summary>Whether <see cref="ObserveKeys"/> is to be told the keys of prompts.</summary>
    public virtual bool NeedsUnrotatedKeys => false;

    /// <summary>Bytes that the method keeps for each token, such as codes.</summary>
    public virtual long StateBytes => 0;

    /// <summary>Names the method and all settings that its state depends on: states of equal keys are interchangeable. Null for a method that remembers nothing.</summary>
    public virtual string? StateKey => null;

    /// <summary>Whether a decode step changes the state; otherwise it is that of the prompt's end all the way.</summary>
    public virtual bool ChangesWithSteps => true;

    /// <summary>Whether each token of a prompt changes the state; otherwise only the prompt's end does.</summary>
    public virtual bool ChangesWithPromptTokens => false;

    /// <summary>Whether a prompt's end leaves nothing of the state before it.</summary>
    public virtual bool ForgetsAtPromptEnd => false;

    /// <summary>
    /// What the device keeps beside that of every token, for the method's life the same objects: marks hold copies of them.
    /// </summary>
    public virtual IReadOnlyList<SelectionState> States => [];

    /// <summary>Whether a mark needs copies of <see cref="States"/>.</summary>
    public virtual bool MarksStates => true;

    /// <summary>Another one with the same settings that has observed nothing.</summary>
    public virtual DecodeMethod CreateAnew() => throw new NotSupportedException("a method that remembers nothing has no need of another");

    /// <summary>
    /// Writes down what the host knows of this state, so as to come back to it later on, beside <see cref="States"/> and what the method
    /// keeps of every token.
    /// </summary>
    public virtual void Mark(StateBuffer mark)
    {
    }

    /// <summary>Comes back to a marked state, with <see cref="States"/> as they were, which this method, or the one that it took its state from, had before.</summary>
    /// <param name="mark">What <see cref="Mark"/> wrote.</param>
    /// <param name="length">Tokens that the sequence had there.</param>
    /// <param name="promptTokens">Tokens of a prompt that were read behind the mark and stay; only where they do not change the state.</param>
    public virtual void Return(ReadOnlySpan<byte> mark, int length, int promptTokens)
    {
    }

    /// <summary>Writes what the method keeps of every token: what marks leave out.</summary>
    public virtual void Save(StateBuffer target)
    {
    }

    /// <summary>Reads back what <see cref="Save"/> wrote; <see cref="Return"/> follows.</summary>
    /// <param name="source">A saved session may be of any origin.</param>
    /// <param name="length">Tokens of that session.</param>
    /// <exception cref="InvalidDataException">The state is damaged; the method is of no use any more.</exception>
    public virtual void Load(ref StateReader source, int length)
    {
    }

    /// <summary>Takes over what another method of the same <see cref="StateKey"/> keeps of every token; <see cref="Return"/> follows.</summary>
    public virtual void CopyFrom(DecodeMethod other)
    {
    }

    /// <summary>How many of the prompt's last queries the method wants to see the attention mass of; 0 for none.</summary>
    public virtual int PromptWindow => 0;

    /// <summary>Takes the keys of a prompt's tokens that are being added to a layer's cache.</summary>
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
    public virtual void ObservePrompt(in AttentionCall call, Matrix mass)
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
    /// <param name="mass">[queryHeads, call.Length]; of a conditional plan only where it came to read every row.</param>
    public virtual void Observe(in AttentionCall call, Matrix mass)
    {
    }
}
