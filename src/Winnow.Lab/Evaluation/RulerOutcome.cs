using Winnow.Generation;

namespace Winnow.Lab.Evaluation;

/// <summary>What a model made of one case.</summary>
public sealed record RulerOutcome
{
    /// <summary>The case.</summary>
    public required EvaluationCase Case { get; init; }

    /// <summary>How the session attended.</summary>
    public required AttentionOptions Attention { get; init; }

    /// <summary>The model's answer.</summary>
    public required string Output { get; init; }

    /// <summary>Whether the output holds every expected text.</summary>
    public required bool IsRight { get; init; }

    /// <summary>Tokens of the prompt.</summary>
    public required int PromptTokens { get; init; }

    /// <summary>Time to compute the prompt, the part that several methods share included.</summary>
    public required TimeSpan Prefill { get; init; }

    /// <summary>Decode steps: generated tokens but the first, which the prompt's computation gives.</summary>
    public required int DecodeSteps { get; init; }

    /// <summary>Time of the decode steps.</summary>
    public required TimeSpan Decode { get; init; }

    /// <summary>Cache rows that the decode steps read, summed over steps, layers and KV heads.</summary>
    public required long AttendedRows { get; init; }

    /// <summary>Cache rows that full attention would have read.</summary>
    public required long DenseRows { get; init; }

    /// <summary>Bytes of keys and values in fast memory at the end.</summary>
    public required long KvResidentBytes { get; init; }
}
