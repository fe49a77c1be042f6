using Winnow.Tokenization.Models;

namespace Winnow.Tokenization;

/// <summary>What a <see cref="Tokenizer"/> is made of.</summary>
internal sealed record TokenizerParts
{
    public required Vocabulary Vocabulary { get; init; }

    /// <summary>The bytes that each token stands for.</summary>
    public required ByteStringTable TokenBytes { get; init; }

    public required TokenizerModel Model { get; init; }

    public required SpecialTokenIds Ids { get; init; }

    /// <summary>The tokens that end a generation.</summary>
    public required HashSet<int> Ends { get; init; }

    /// <summary>Whether the model writes every byte of a text into a token: nothing is normalized away.</summary>
    public bool KeepsText { get; init; }

    public required IEnumerable<SpecialToken> SpecialTokens { get; init; }

    /// <summary>The tokens that the model expects in front of a text.</summary>
    public required int[] Prefix { get; init; }

    /// <summary>The tokens that the model expects after a text.</summary>
    public required int[] Suffix { get; init; }

    /// <summary>Whether encoding puts a space in front of a text, which decoding has to drop.</summary>
    public required bool DropsLeadingSpace { get; init; }
}
