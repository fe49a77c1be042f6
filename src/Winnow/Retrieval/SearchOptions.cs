using static Winnow.Limits;

namespace Winnow.Retrieval;

/// <summary>How much evidence a search gathers and by which means.</summary>
public sealed record SearchOptions
{
    /// <summary>What <see cref="Budget"/> may be.</summary>
    internal static readonly Limits<double> BudgetLimits = new(1e-6, int.MaxValue);

    /// <summary>What <see cref="Bm25"/> and <see cref="Edges"/> may be.</summary>
    internal static readonly Limits<double> ShareLimits = new(0, 1);

    /// <summary>Where <see cref="Budget"/> is a fraction, at least so many tokens are gathered.</summary>
    public const int LeastTokens = 512;

    /// <summary>The budget unless said otherwise.</summary>
    public const double DefaultBudget = 0.02;

    /// <summary>
    /// Tokens of evidence; below 1, a fraction of all tokens of the index (but at least <see cref="LeastTokens"/>). 0.000001 to
    /// 2147483647; default 0.02.
    /// </summary>
    public double Budget { get; init => field = Within(value, BudgetLimits); } = DefaultBudget;

    /// <summary>
    /// The part of the budget for passages that share words with the question; 0: features only, 1: words only. 0 to 1; default 0.3.
    /// </summary>
    public double Bm25 { get; init => field = Within(value, ShareLimits); } = 0.3;

    /// <summary>The part of the budget for the beginning and the end of a document that is alone in its index. 0 to 1; default 0.1.</summary>
    public double Edges { get; init => field = Within(value, ShareLimits); } = 0.1;

    /// <summary>Only features of these layers, 0 to 4095; null for all that were calibrated.</summary>
    public IReadOnlyList<int>? Layers { get; init => field = EachWithin(value, Limits.Layers); }

    /// <summary>The budget in tokens for an index of so many.</summary>
    internal int BudgetTokens(int tokens) => Budget >= 1
        ? (int)Math.Min(Budget, tokens)
        : Math.Min(tokens, Math.Max(LeastTokens, (int)Math.Ceiling(Budget * tokens)));

    /// <summary>The same, and at most three quarters of a context: the rest is for the question and the answer.</summary>
    internal int BudgetTokens(int tokens, int contextLength) => Math.Max(1, Math.Min(BudgetTokens(tokens), contextLength / 4 * 3));
}
