using Winnow.Tokenization.Text;

namespace Winnow.Tokenization.Models;

/// <summary>What distinguishes one BPE vocabulary from another, besides symbols and merges.</summary>
internal sealed record BpeOptions
{
    /// <summary>Rewrites the text first, or null.</summary>
    public TextTransform? Normalize { get; init; }

    /// <summary>Cuts the text into pieces, or null where the whole of it is one.</summary>
    public PreTokenizer? PreTokenizer { get; init; }

    /// <summary>Whether merging begins with bytes, or with characters.</summary>
    public bool ByteLevel { get; init; } = true;

    /// <summary>Which pieces are looked up as a whole before merging.</summary>
    public WholePieces WholePieces { get; init; }

    /// <summary>What stands for text that the vocabulary cannot write; null drops it.</summary>
    public int? UnknownId { get; init; }

    /// <summary>Whether neighbouring unknown symbols become one unknown token.</summary>
    public bool FuseUnknown { get; init; }
}
