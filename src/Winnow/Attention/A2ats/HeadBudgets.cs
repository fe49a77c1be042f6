namespace Winnow.Attention.A2ats;

/// <summary>Divides what may be read among KV heads: most heads lose nothing with a hundredth of the tokens, a few need nearly all.</summary>
/// <remarks>Deviation: one budget for all heads in the paper.</remarks>
internal static class HeadBudgets
{
    /// <summary>The parts of the context, read by each query head, at which a calibration measures what is lost. With all of it nothing is.</summary>
    public static IReadOnlyList<float> Levels { get; } = [0.01f, 0.03f, 0.1f, 0.3f];

    /// <summary>The part of the context that a KV head reads for its query heads, if these choose independently of each other.</summary>
    public static double Reads(double rho, int groupSize) => 1 - Math.Pow(1 - rho, groupSize);

    /// <summary>Gives every KV head a budget so that together they lose little and read no more than with one budget for all.</summary>
    /// <remarks>
    /// Greedy: the head whose loss falls most for what it reads more goes up, by one level or several, until nothing that pays
    /// fits any more. What is left over makes every budget larger by the same factor.
    /// </remarks>
    /// <param name="losses">What is lost if one KV head reads so much and all others everything, [heads, levels].</param>
    /// <param name="groupSize">Query heads of a KV head.</param>
    /// <param name="rho">The one budget: the part of the context that each query head reads.</param>
    /// <returns>The part for each query head, by KV head.</returns>
    public static double[] Allocate(ReadOnlySpan<float> losses, int groupSize, double rho)
    {
        int heads = losses.Length / Levels.Count;
        if (rho >= 1)
        {
            return [.. Enumerable.Repeat(1.0, heads)];
        }

        double left = Reads(rho, groupSize) * heads;
        int[] levels = new int[heads];
        left -= heads * Reads(Level(0), groupSize);
        while (FindBest(losses, levels, groupSize, left) is (int head, int level))
        {
            left -= Reads(Level(level), groupSize) - Reads(Level(levels[head]), groupSize);
            levels[head] = level;
        }

        double factor = Scale(levels, groupSize, Reads(rho, groupSize) * heads);
        return [.. levels.Select(level => Math.Min(1, Level(level) * factor))];
    }

    private static double Level(int level) => level < Levels.Count ? Levels[level] : 1;

    private static float Loss(ReadOnlySpan<float> losses, int head, int level) => level < Levels.Count ? losses[(head * Levels.Count) + level] : 0;

    private static (int Head, int Level)? FindBest(ReadOnlySpan<float> losses, int[] levels, int groupSize, double left)
    {
        (int Head, int Level)? best = null;
        double most = 0;
        for (int head = 0; head < levels.Length; head++)
        {
            for (int level = levels[head] + 1; level <= Levels.Count; level++)
            {
                double reads = Reads(Level(level), groupSize) - Reads(Level(levels[head]), groupSize);
                double gain = (Loss(losses, head, levels[head]) - Loss(losses, head, level)) / reads;
                if (reads <= left && gain > most)
                {
                    (best, most) = ((head, level), gain);
                }
            }
        }

        return best;
    }

    /// <summary>The factor, found by halving, with which all heads together read as much as they may.</summary>
    private static double Scale(int[] levels, int groupSize, double reads)
    {
        const int Halvings = 40;
        double low = 0;
        double high = 1 / Levels[0];
        for (int i = 0; i < Halvings; i++)
        {
            double middle = (low + high) / 2;
            double sum = levels.Sum(level => Reads(Math.Min(1, Level(level) * middle), groupSize));
            (low, high) = sum <= reads ? (middle, high) : (low, middle);
        }

        return low;
    }
}
