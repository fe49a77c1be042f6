namespace Winnow.Tokenization.Models;

/// <summary>Which pieces a BPE model looks up before it merges.</summary>
internal enum WholePieces
{
    /// <summary>None.</summary>
    Never,

    /// <summary>Runs of line feeds (Gemma 4).</summary>
    LineFeeds,

    /// <summary>All: <c>ignore_merges</c>.</summary>
    Always,
}
