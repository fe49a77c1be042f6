namespace Winnow.Lab.Evaluation;

/// <summary>Wilson's interval: where a probability lies, with 95 % confidence, when so many of so many trials succeeded.</summary>
/// <remarks>E. B. Wilson, Probable Inference, the Law of Succession, and Statistical Inference, JASA 22 (1927). Sound for few trials, and at 0 and 1.</remarks>
/// <param name="Low">Its lower end.</param>
/// <param name="High">Its upper end.</param>
public readonly record struct Interval(double Low, double High)
{
    /// <summary>The quantile of the normal distribution that leaves 2.5 % on each side.</summary>
    private const double Quantile = 1.959963984540054;

    /// <summary>The interval of a proportion.</summary>
    /// <param name="successes">Trials that succeeded.</param>
    /// <param name="trials">All trials; without one, nothing is known.</param>
    public static Interval Of(int successes, int trials)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(successes);
        ArgumentOutOfRangeException.ThrowIfLessThan(trials, successes);
        if (trials == 0)
        {
            return new Interval(0, 1);
        }

        const double Square = Quantile * Quantile;
        double share = (double)successes / trials;
        double scale = 1 / (1 + (Square / trials));
        double centre = scale * (share + (Square / (2 * trials)));
        double half = scale * Quantile * Math.Sqrt((share * (1 - share) / trials) + (Square / (4.0 * trials * trials)));
        return new Interval(Math.Max(0, centre - half), Math.Min(1, centre + half));
    }
}
