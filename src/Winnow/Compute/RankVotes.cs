namespace Winnow.Compute;

/// <summary>How masses become one score.</summary>
internal enum RankVotes
{
    /// <summary>The largest one, of heads and of neighbours: a needle that one head sees must not drown in what the others see.</summary>
    Largest,

    /// <summary>The sum over heads, and the mean over neighbours.</summary>
    Sum,
}
