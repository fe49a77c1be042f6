namespace Winnow.Lab.Evaluation;

/// <summary>A question about a long text, with a known answer: one line of a case file.</summary>
public sealed record EvaluationCase
{
    /// <summary>Tokens that an answer may have beyond its reference wording.</summary>
    private const int SpareTokens = 16;

    /// <summary>The case's name.</summary>
    public required string Id { get; init; }

    /// <summary>What kind of case it is, such as <c>niah_single</c>.</summary>
    public required string Task { get; init; }

    /// <summary>The length class in tokens; the prompt and its answer fit into it.</summary>
    public required int TargetLength { get; init; }

    /// <summary>Tokens of the prompt, the begin-of-text token included, for the tokenizer that the case was made with; 0 where unknown.</summary>
    public int LengthTokens { get; init; }

    /// <summary>Where the first expected value stands in the prompt, 0 to 1.</summary>
    public double Depth { get; init; }

    /// <summary>The whole prompt with the control tokens of its chat template, without the begin-of-text token that a tokenizer adds.</summary>
    public required string Prompt { get; init; }

    /// <summary>A right answer in full.</summary>
    public string Answer { get; init; } = "";

    /// <summary>Tokens of <see cref="Answer"/>.</summary>
    public required int AnswerTokens { get; init; }

    /// <summary>Texts that must all be in an output for it to count.</summary>
    public required IReadOnlyList<string> Expected { get; init; }

    /// <summary>The most tokens that a model may take for its answer.</summary>
    public int OutputTokens => AnswerTokens + SpareTokens;

    /// <summary>Whether an output holds every expected text.</summary>
    public bool IsAnsweredBy(string output)
    {
        ArgumentNullException.ThrowIfNull(output);
        return Expected.All(expected => output.Contains(expected, StringComparison.Ordinal));
    }
}
