namespace Winnow.Sampling.Grammars;

/// <summary>Everything that a text matched so far may be within its grammar: states, each with the rules to come back to.</summary>
/// <param name="configurations">The states that a byte can follow, each with the id of its stack, in order.</param>
/// <param name="isComplete">Whether the text may end here.</param>
internal sealed class GrammarPosition((int State, int Stack)[] configurations, bool isComplete)
{
    private GrammarPosition?[]? _next;

    /// <summary>The position from which no text can be completed.</summary>
    public static GrammarPosition Dead { get; } = new([], false);

    public (int State, int Stack)[] Configurations { get; } = configurations;

    public bool IsComplete { get; } = isComplete;

    /// <summary>Where each byte leads, as far as that is known; most positions are only looked at, and need no table.</summary>
    public GrammarPosition?[] Next => _next ??= new GrammarPosition?[256];

    /// <summary>The tokens that may follow, a bit each, once they were asked for.</summary>
    public ulong[]? AllowedTokens { get; set; }
}
