using Winnow.Sampling;
using static Winnow.Limits;

namespace Winnow.Generation;

/// <summary>How one generation runs.</summary>
public sealed record GenerationOptions
{
    /// <summary>The most tokens to generate; null for as many as the context holds.</summary>
    public int? MaxTokens { get; init => field = Within(value, Positive); }

    /// <summary>How tokens are chosen.</summary>
    public SamplingOptions Sampling { get; init => field = NotNull(value); } = new();

    /// <summary>Texts that end the answer; they are not part of it.</summary>
    public IReadOnlyList<string> StopStrings { get; init => field = NoEmptyText(value); } = [];

    /// <summary>Tokens that end the answer, besides the model's own end-of-generation tokens.</summary>
    public IReadOnlyList<int> StopTokens { get; init => field = EachWithin(NotNull(value), NotNegative)!; } = [];

    /// <summary>
    /// So many tokens of one phrase over and over end an answer that has neither an end of its own nor a <see cref="Grammar"/>. 0 for
    /// never, or at least 16; default 256.
    /// </summary>
    public int RepetitionLimit { get; init => field = value is 0 or >= 16 ? value : throw OutOfRange(value, "0, or at least 16"); } = 256;

    /// <summary>Whether the model's end-of-generation tokens are treated as ordinary ones, for measuring.</summary>
    public bool IgnoreEndOfGeneration { get; init; }

    /// <summary>Whether control tokens that are generated show up in the text.</summary>
    public bool ShowControlTokens { get; init; }

    /// <summary>Whether control tokens written out in a prompt's text are taken as such; off, so that a user's text cannot inject them.</summary>
    public bool ParseControlTokens { get; init; }

    /// <summary>The texts that the answer may be, such as JSON of a schema; null for any.</summary>
    public Grammar? Grammar { get; init; }

    /// <summary>
    /// The text of the answer behind which <see cref="Grammar"/> begins, such as the tag that closes thoughts; the answer does not end
    /// before. Null for the beginning.
    /// </summary>
    public string? GrammarStart { get; init => field = value is "" ? throw new ArgumentException("the text is empty: leave it null", nameof(GrammarStart)) : value; }

    /// <summary>What happens where prompt and answer do not fit into the context. Default: an error, and an answer that fills the context ends.</summary>
    public FullContextPolicy FullContext
    {
        get;
        init => field = Enum.IsDefined(value) ? value : throw OutOfRange(value, "Error, Shift or DropOldestMessages");
    }

    /// <summary>Tokens at the start of the prompt, such as those of the system message, that <see cref="FullContextPolicy.Shift"/> keeps. 0 or more; default 0.</summary>
    public int KeptTokens { get; init => field = Within(value, NotNegative); }

    /// <summary>Told how many prompt tokens are computed, after each chunk, and within what is computed as a whole.</summary>
    public IProgress<PrefillProgress>? Progress { get; init; }
}
