using Winnow.Generation;

namespace Winnow.Lab.Evaluation;

/// <summary>How far a way to attend is from full attention along the same tokens.</summary>
public sealed record ComparisonResult
{
    /// <summary>How the compared session attended.</summary>
    public required AttentionOptions Attention { get; init; }

    /// <summary>Decode steps that were compared.</summary>
    public required int Tokens { get; init; }

    /// <summary>The mean over steps of Σ p · ln(p / q) in nats: p full attention's prediction, q the method's.</summary>
    public required double MeanDivergence { get; init; }

    /// <summary>The divergence that 99 % of the steps do not exceed.</summary>
    public required double Divergence99 { get; init; }

    /// <summary>The part of the steps in which both predict the same token.</summary>
    public required double TopOneAgreement { get; init; }

    /// <summary>Cache rows that the decode steps read over those that full attention reads.</summary>
    public required double AttendedFraction { get; init; }

    /// <summary>For each layer, the attention that falls on the rows that the method named, had all rows been visited; mean over steps and query heads.</summary>
    public required IReadOnlyList<double> RecoveredMass { get; init; }

    /// <summary>For each layer, of the rows with the most attention, as many as the method named, the part that it named; mean over steps and query heads.</summary>
    public required IReadOnlyList<double> TopRecall { get; init; }
}
