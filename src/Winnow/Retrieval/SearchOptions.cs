using Winnow.Retrieval.Lexical;

namespace Winnow.Retrieval;

/// <summary>How much evidence a search gathers and by which means.</summary>
public sealed record SearchOptions
{
    private readonly double _budget = DefaultBudget;
    private readonly double _bm25 = 0.3;
    private readonly double _edges = 0.1;

    /// <summary>Where <see cref="Budget"/> is a fraction, at least so many tokens are gathered.</summary>
    public const int LeastTokens = 512;

    /// <summary>The budget unless said otherwise.</summary>
    public const double DefaultBudget = 0.02;

    /// <summary>Tokens of evidence; below 1, a fraction of all tokens of the index (but at least <see cref="LeastTokens"/>).</summary>
    public double Budget
    {
        get => _budget;
        init => _budget = value is > 0 and <= int.MaxValue
            ? value
            : throw new ArgumentOutOfRangeException(nameof(Budget), value, "the budget must be a number of tokens, or a fraction between 0 and 1");
    }

    /// <summary>The part of the budget for passages that share words with the question; 0: features only, 1: words only.</summary>
    public double Bm25
    {
        get => _bm25;
        init => _bm25 = value is >= 0 and <= 1
            ? value
            : throw new ArgumentOutOfRangeException(nameof(Bm25), value, "the share of BM25 must lie between 0 and 1");
    }

    /// <summary>The part of the budget for the beginning and the end of a document that is alone in its index.</summary>
    public double Edges
    {
        get => _edges;
        init => _edges = value is >= 0 and <= 1
            ? value
            : throw new ArgumentOutOfRangeException(nameof(Edges), value, "the share of the edges must lie between 0 and 1");
    }

    /// <summary>Only features of these layers; null for all that were calibrated.</summary>
    public IReadOnlyList<int>? Layers { get; init; }

    /// <summary>The budget in tokens for an index of so many.</summary>
    internal int BudgetTokens(int tokens) => Budget >= 1
        ? (int)Math.Min(Budget, tokens)
        : Math.Min(tokens, Math.Max(LeastTokens, (int)Math.Ceiling(Budget * tokens)));

    /// <summary>The same, and at most three quarters of a context: the rest is for the question and the answer.</summary>
    internal int BudgetTokens(int tokens, int contextLength) => Math.Max(1, Math.Min(BudgetTokens(tokens), contextLength / 4 * 3));
}
