namespace Winnow.Compute;

/// <summary>How the rows of a KV head are ranked by the attention mass that its query heads gave them.</summary>
/// <param name="Votes">How the masses of the query heads, and those of neighbouring rows, become one score.</param>
/// <param name="Pool">Rows of the neighbourhood: odd, 1 for none.</param>
/// <param name="Count">How many rows are ranked, the window included.</param>
/// <param name="Window">Last rows that are always among them; the others are chosen, and pooled, before it.</param>
internal readonly record struct RankChoice(RankVotes Votes, int Pool, int Count, int Window = 0);
