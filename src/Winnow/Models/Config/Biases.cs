namespace Winnow.Models.Config;

/// <summary>Biases that every model of an architecture has. Others are used where the file has them.</summary>
[Flags]
internal enum Biases
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Of the query, key and value projections.</summary>
    QueryKeyValue = 1,

    /// <summary>Of the attention's output projection.</summary>
    AttentionOutput = 2,

    /// <summary>Of the feed-forward projections.</summary>
    FeedForward = 4,
}
