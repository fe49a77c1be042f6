using Winnow.Attention;

namespace Winnow.Models.Forward;

/// <summary>What one sequence has in a forward pass: some of its tokens, as what they are read, and what shall come out. Used again from pass to pass.</summary>
/// <param name="sequence">Whose tokens they are.</param>
internal sealed class Segment(Sequence sequence)
{
    /// <summary>Whose tokens they are.</summary>
    public Sequence Sequence { get; } = sequence;

    /// <summary>The tokens; their rows follow those in the cache.</summary>
    public ReadOnlyMemory<int> Tokens { get; set; }

    /// <summary>The position of each token, which rotations go by; empty where positions are rows.</summary>
    public ReadOnlyMemory<int> Positions { get; set; }

    /// <summary>As what the tokens are read.</summary>
    public AttentionPhase Phase { get; set; }

    /// <summary>Whether a token sees none after itself; otherwise all tokens of the segment see each other, as in encoders.</summary>
    public bool IsCausal { get; set; } = true;

    /// <summary>Whether the tokens' keys and values stay in the cache; what encodes a text as a whole has no use for them afterwards.</summary>
    public bool KeepsRows { get; set; } = true;

    /// <summary>What to compute.</summary>
    public ForwardOutput Output { get; set; }

    /// <summary>The tokens whose logits are wanted, ascending, for <see cref="ForwardOutput.ListedLogits"/>.</summary>
    public ReadOnlyMemory<int> OutputRows { get; set; }

    /// <summary>Receives the most probable tokens of <see cref="ForwardOutput.Candidates"/>.</summary>
    public TokenCandidates? Candidates { get; set; }

    /// <summary>Where it goes, shaped as <see cref="ForwardOutput"/> says.</summary>
    public Memory<float> Result { get; set; }

    /// <summary>How many tokens there are.</summary>
    public int Rows => Tokens.Length;

    /// <summary>Whether each token is a step of its own, in the arithmetic of decoding; others belong to a prompt.</summary>
    public bool IsSteps => Phase == AttentionPhase.Decode;

    /// <summary>The pass row of the first token; <see cref="PassRows"/> sets it.</summary>
    public int FirstRow { get; set; }

    /// <summary>How many rows must come out of the last layer.</summary>
    /// <remarks>
    /// Of a prompt, only the last token's logits are asked for, and the others leave nothing but their keys and values there. Steps
    /// are all answered: their methods look at the attention of each.
    /// </remarks>
    public int Outputs => Output switch
    {
        _ when IsSteps || Sequence.Observer is not null => Rows,
        ForwardOutput.None => 0,
        ForwardOutput.LastLogits or ForwardOutput.Candidates => 1,
        ForwardOutput.ListedLogits => OutputRows.Length,
        _ => Rows,
    };

    /// <summary>How many of the last tokens must be answered by the last layer's attention: all from the first output on.</summary>
    public int AnsweredTokens => Outputs == 0 ? 0 : Rows - OutputToken(0);

    /// <summary>The token that the output row with a number belongs to.</summary>
    public int OutputToken(int output) => Outputs == Rows ? output
        : Output == ForwardOutput.ListedLogits ? OutputRows.Span[output] : Rows - Outputs + output;
}
