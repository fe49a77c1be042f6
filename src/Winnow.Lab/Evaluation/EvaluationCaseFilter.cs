using static Winnow.Limits;

namespace Winnow.Lab.Evaluation;

/// <summary>Which cases of a file to run.</summary>
public sealed record EvaluationCaseFilter
{
    /// <summary>The most cases of each task and length, from the beginning of the file; null for all.</summary>
    public int? Limit { get; init => field = Within(value, NotNegative); }

    /// <summary>Target lengths to keep; empty for all.</summary>
    public IReadOnlyList<int> Lengths { get; init; } = [];

    /// <summary>Tasks to keep; empty for all.</summary>
    public IReadOnlyList<string> Tasks { get; init; } = [];

    /// <summary>Keeps the cases that the filter names, in their order.</summary>
    public IEnumerable<EvaluationCase> Apply(IEnumerable<EvaluationCase> cases)
    {
        ArgumentNullException.ThrowIfNull(cases);
        Dictionary<(string, int), int> counts = [];
        foreach (EvaluationCase item in cases)
        {
            if ((Lengths.Count > 0 && !Lengths.Contains(item.TargetLength)) || (Tasks.Count > 0 && !Tasks.Contains(item.Task)))
            {
                continue;
            }

            int count = counts.GetValueOrDefault((item.Task, item.TargetLength));
            if (count < (Limit ?? int.MaxValue))
            {
                counts[(item.Task, item.TargetLength)] = count + 1;
                yield return item;
            }
        }
    }
}
