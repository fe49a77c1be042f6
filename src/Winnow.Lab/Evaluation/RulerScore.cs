namespace Winnow.Lab.Evaluation;

/// <summary>Accuracy, reading and speed over a set of cases.</summary>
/// <param name="Outcomes">What came of each case.</param>
public sealed record RulerScore(IReadOnlyList<RulerOutcome> Outcomes)
{
    /// <summary>Cases.</summary>
    public int Count => Outcomes.Count;

    /// <summary>Cases that were answered right.</summary>
    public int Right => Outcomes.Count(outcome => outcome.IsRight);

    /// <summary>The part of the cases that was answered right; 0 where there is none.</summary>
    public double Accuracy => Count == 0 ? 0 : (double)Right / Count;

    /// <summary>Where the accuracy over all such cases lies, with 95 % confidence.</summary>
    public Interval Interval => Interval.Of(Right, Count);

    /// <summary>Rows read by decode steps over rows that full attention would have read; 1 where there was no step.</summary>
    public double AttendedFraction
    {
        get
        {
            long dense = Outcomes.Sum(outcome => outcome.DenseRows);
            return dense == 0 ? 1 : (double)Outcomes.Sum(outcome => outcome.AttendedRows) / dense;
        }
    }

    /// <summary>Prompt tokens computed per second.</summary>
    public double PrefillTokensPerSecond => Rate(outcome => outcome.PromptTokens, outcome => outcome.Prefill);

    /// <summary>Decode steps per second.</summary>
    public double DecodeTokensPerSecond => Rate(outcome => outcome.DecodeSteps, outcome => outcome.Decode);

    /// <summary>Bytes of keys and values in fast memory, of the case that took most.</summary>
    public long KvResidentBytes => Count == 0 ? 0 : Outcomes.Max(outcome => outcome.KvResidentBytes);

    private double Rate(Func<RulerOutcome, int> tokens, Func<RulerOutcome, TimeSpan> time)
    {
        double seconds = Outcomes.Sum(outcome => time(outcome).TotalSeconds);
        return seconds > 0 ? Outcomes.Sum(tokens) / seconds : 0;
    }
}
