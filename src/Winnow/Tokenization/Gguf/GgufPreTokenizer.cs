using Winnow.Tokenization.Text;

namespace Winnow.Tokenization.Gguf;

/// <summary>What a value of <c>tokenizer.ggml.pre</c> stands for.</summary>
internal sealed record GgufPreTokenizer
{
    /// <summary>The cuts, each within what the one before left.</summary>
    public required Func<PreTokenizerStep[]> Steps { get; init; }

    /// <summary>Whether a piece that is a token is taken as it is.</summary>
    public bool IgnoreMerges { get; init; }

    /// <summary>Whether a BOS token is added where the file does not say.</summary>
    public bool AddBos { get; init; }

    /// <summary>Whether the vocabulary writes spaces as ▁ and other text as UTF-8, instead of bytes in GPT-2's alphabet.</summary>
    public bool SpaceMarks { get; init; }

    /// <summary>Whether runs of line feeds are looked up whole and a BOS token is always added (Gemma 4).</summary>
    public bool IsGemma { get; init; }

    /// <summary>A pre-tokenizer that cuts at the matches of expressions.</summary>
    public static GgufPreTokenizer Of(params string[] patterns) => new()
    {
        Steps = () => Array.ConvertAll(patterns, pattern => (PreTokenizerStep)new RegexSplit(pattern)),
    };
}
