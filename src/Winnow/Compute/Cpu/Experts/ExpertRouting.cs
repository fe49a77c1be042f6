namespace Winnow.Compute.Cpu.Experts;

/// <summary>Which rows go through which expert, and what each is worth: filled anew for every pass, in memory that is kept.</summary>
internal sealed unsafe class ExpertRouting
{
    private double[] _probabilities = [];
    private int[] _counts = [];
    private int[] _rows = [];
    private float[] _weights = [];
    private int _capacity;

    /// <summary>Chooses for each row the experts with the highest scores.</summary>
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
        Span<double> probabilities = _probabilities.AsSpan(0, scores.Length);
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

        Span<int> taken = stackalloc int[experts.Used];
        double total = 0;
        for (int i = 0; i < taken.Length; i++)
        {
            int best = -1;
            for (int e = 0; e < scores.Length; e++)
            {
                if (!taken[..i].Contains(e) && (best < 0 || scores[e] > scores[best]))
                {
                    best = e;
                }
            }

            taken[i] = best;
            total += probabilities[best];
        }

        foreach (int e in taken)
        {
            int slot = (e * _capacity) + _counts[e]++;
            _rows[slot] = row;
            _weights[slot] = (float)(probabilities[e] / (experts.NormalizesWeights ? total : sum));
        }
    }
}
