using Winnow.Generation;

namespace Winnow.Lab.Evaluation;

/// <summary>How one way to attend did over a set of cases.</summary>
/// <param name="Attention">How the sessions attended.</param>
/// <param name="Total">All cases.</param>
public sealed record RulerResult(AttentionOptions Attention, RulerScore Total)
{
    /// <summary>Cases that were left out because they do not fit the context.</summary>
    public int Skipped { get; init; }

    /// <summary>The score of each target length, ascending.</summary>
    public IReadOnlyList<(int Length, RulerScore Score)> ByLength =>
        [.. Total.Outcomes.GroupBy(outcome => outcome.Case.TargetLength).OrderBy(group => group.Key).Select(group => (group.Key, new RulerScore([.. group])))];

    /// <summary>The score of each task, in the order of their first cases.</summary>
    public IReadOnlyList<(string Task, RulerResult Result)> ByTask =>
        [.. Total.Outcomes.GroupBy(outcome => outcome.Case.Task).Select(group => (group.Key, new RulerResult(Attention, new RulerScore([.. group]))))];
}
