namespace Winnow.Sampling.Grammars;

/// <summary>What an edge between two states of a grammar does.</summary>
internal enum GrammarEdgeKind : byte
{
    /// <summary>Matches one byte.</summary>
    Byte,

    /// <summary>Matches nothing.</summary>
    Empty,

    /// <summary>Enters a rule and comes back to the target.</summary>
    Call,
}

/// <summary>An edge: for bytes their range, for calls the first state of the rule.</summary>
internal readonly record struct GrammarEdge(GrammarEdgeKind Kind, int Target, byte First = 0, byte Last = 0, int Rule = 0);

/// <summary>A compiled grammar: a network of states for each rule, whose edges match bytes or call rules.</summary>
/// <param name="Edges">The edges of each state.</param>
/// <param name="IsEnd">Whether a rule ends in a state.</param>
/// <param name="Start">Where the texts begin.</param>
internal sealed record GrammarStates(GrammarEdge[][] Edges, bool[] IsEnd, int Start);
