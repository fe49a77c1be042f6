namespace Winnow.Compute;

/// <summary>How a token chooses among the experts of a layer, and what each is worth.</summary>
/// <remarks>
/// Scores become probabilities; those of the best groups, where there are groups, compete; the highest are taken, of equal ones the
/// first. An expert's weight is its probability without the correction.
/// </remarks>
/// <param name="Used">Experts that each token takes.</param>
/// <param name="NormalizesWeights">Whether the weights of the experts taken are divided by their sum.</param>
internal sealed record ExpertRouter(int Used, bool NormalizesWeights)
{
    /// <summary>What makes probabilities of scores.</summary>
    public RouterScoring Scoring { get; init; }

    /// <summary>How far below the best, relative to the larger of its magnitude and the best, a score still counts (SparseMixer).</summary>
    public float Reach { get; init; } = 0.02f;

    /// <summary>What weights are multiplied with.</summary>
    public float Scale { get; init; } = 1;

    /// <summary>Groups of neighbouring experts; a divisor of their number.</summary>
    public int Groups { get; init; } = 1;

    /// <summary>How many groups a token may take experts from.</summary>
    public int GroupsUsed { get; init; } = 1;

    /// <summary>Whether a group is worth the sum of its two best probabilities (DeepSeek V3) instead of the best (DeepSeek V2).</summary>
    public bool GroupsSumTwo { get; init; }

    /// <summary>Whether an expert's input is multiplied with its weight, instead of its result (Llama 4).</summary>
    public bool ScalesInput { get; init; }
}
