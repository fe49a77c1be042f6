namespace Winnow.Compute.Cpu.Experts;

/// <summary>Which rows go through which expert, and what each is worth: filled anew for every pass, in memory that is kept.</summary>
internal sealed unsafe class ExpertRouting
{
    /// <summary>The rank of an expert that the row has: below every other one.</summary>
    private const double Taken = double.NaN;

    private double[] _probabilities = [];
    private double[] _ranks = [];
    private int[] _counts = [];
    private int[] _rows = [];
    private float[] _weights = [];
    private int _capacity;

    /// <summary>Chooses the experts of each row.</summary>
    /// <param name="experts">How many are taken, and how they are weighted.</param>
    /// <param name="scores">[rows, experts].</param>
    /// <param name="stride">Elements from row to row.</param>
    /// <param name="rows">How many rows.</param>
    public void Route(ExpertWeights experts, float* scores, int stride, int rows)
    {
        int count = experts.Count;
        if (_counts.Length < count || _capacity < rows)
        {
            _capacity = Math.Max(_capacity, rows);
            _counts = new int[count];
            _probabilities = new double[count];
            _ranks = new double[count];
            _rows = new int[count * _capacity];
            _weights = new float[count * _capacity];
        }

        _counts.AsSpan().Clear();
        for (int row = 0; row < rows; row++)
        {
            RouteRow(experts, new ReadOnlySpan<float>(scores + ((long)row * stride), count), row);
        }
    }

    /// <summary>The rows of an expert, ascending.</summary>
    public ReadOnlySpan<int> Rows(int expert) => _rows.AsSpan(expert * _capacity, _counts[expert]);

    /// <summary>What the expert's result is multiplied with in each of its rows.</summary>
    public ReadOnlySpan<float> Weights(int expert) => _weights.AsSpan(expert * _capacity, _counts[expert]);

    private void RouteRow(ExpertWeights experts, ReadOnlySpan<float> scores, int row)
    {
        ExpertRouter router = experts.Router;
        Span<double> probabilities = _probabilities.AsSpan(0, scores.Length);
        Span<double> ranks = _ranks.AsSpan(0, scores.Length);
        Weigh(router, scores, probabilities);
        Rank(experts, scores, probabilities, ranks);
        Span<int> taken = stackalloc int[router.Used];
        double total = 0;
        for (int i = 0; i < taken.Length; i++)
        {
            int best = -1;
            for (int e = 0; e < ranks.Length; e++)
            {
                best = !double.IsNaN(ranks[e]) && (best < 0 || ranks[e] > ranks[best]) ? e : best;
            }

            taken[i] = best;
            if (router.Scoring == RouterScoring.SparseMixer)
            {
                probabilities[best] = WeightWithin(router.Reach, scores, ranks, best);
            }

            ranks[best] = Taken;
            total += probabilities[best];
        }

        float* scales = experts.Scales is { } matrix ? CpuBuffer.Of(matrix) : null;
        double divisor = router.NormalizesWeights && total > 0 ? total : 1;
        foreach (int e in taken)
        {
            int slot = (e * _capacity) + _counts[e]++;
            _rows[slot] = row;
            _weights[slot] = (float)(probabilities[e] / divisor * router.Scale * (scales is null ? 1 : scales[e]));
        }
    }

    /// <summary>The probability of each expert.</summary>
    private static void Weigh(ExpertRouter router, ReadOnlySpan<float> scores, Span<double> probabilities)
    {
        if (router.Scoring == RouterScoring.Sigmoid)
        {
            for (int e = 0; e < scores.Length; e++)
            {
                probabilities[e] = 1 / (1 + Math.Exp(-scores[e]));
            }

            return;
        }

        double largest = double.NegativeInfinity;
        foreach (float score in scores)
        {
            largest = Math.Max(largest, score);
        }

        double sum = 0;
        for (int e = 0; e < scores.Length; e++)
        {
            probabilities[e] = Math.Exp(scores[e] - largest);
            sum += probabilities[e];
        }

        foreach (ref double probability in probabilities)
        {
            probability /= sum;
        }
    }

    /// <summary>What the choice goes by: scores, or corrected probabilities, those of groups that may not be taken from being out of reach.</summary>
    private static void Rank(ExpertWeights experts, ReadOnlySpan<float> scores, ReadOnlySpan<double> probabilities, Span<double> ranks)
    {
        float* correction = experts.Correction is { } matrix ? CpuBuffer.Of(matrix) : null;
        for (int e = 0; e < ranks.Length; e++)
        {
            double rank = correction is null ? scores[e] : probabilities[e] + correction[e];
            // Where a row is no number any more, other experts than those taken are left all the same.
            ranks[e] = double.IsNaN(rank) ? double.NegativeInfinity : rank;
        }

        ExpertRouter router = experts.Router;
        if (router.GroupsUsed >= router.Groups)
        {
            return;
        }

        int size = ranks.Length / router.Groups;
        Span<double> worth = stackalloc double[router.Groups];
        for (int g = 0; g < worth.Length; g++)
        {
            double first = double.NegativeInfinity;
            double second = double.NegativeInfinity;
            for (int e = g * size; e < (g + 1) * size; e++)
            {
                double value = correction is null ? probabilities[e] : ranks[e];
                (first, second) = value > first ? (value, first) : (first, Math.Max(second, value));
            }

            worth[g] = router.GroupsSumTwo && size > 1 ? first + second : first;
        }

        for (int left = router.Groups - router.GroupsUsed; left > 0; left--)
        {
            int worst = 0;
            for (int g = 1; g < worth.Length; g++)
            {
                // Of equal groups the last goes.
                worst = worth[g] <= worth[worst] ? g : worst;
            }

            worth[worst] = double.PositiveInfinity;
            ranks.Slice(worst * size, size).Fill(double.NegativeInfinity);
        }
    }

    /// <summary>The softmax of the best score among those left that come near it.</summary>
    private static double WeightWithin(float reach, ReadOnlySpan<float> scores, ReadOnlySpan<double> ranks, int best)
    {
        double sum = 0;
        for (int e = 0; e < scores.Length; e++)
        {
            double distance = (scores[best] - scores[e]) / Math.Max(Math.Abs(scores[e]), scores[best]);
            sum += ranks[e] > double.NegativeInfinity && distance <= reach ? Math.Exp(scores[e] - scores[best]) : 0;
        }

        return 1 / sum;
    }
}
