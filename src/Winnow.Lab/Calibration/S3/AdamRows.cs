namespace Winnow.Lab.Calibration.S3;

/// <summary>Adam (https://arxiv.org/abs/1412.6980) on a matrix of which each step touches some rows only.</summary>
/// <remarks>A row that is not touched keeps its moments, and the bias correction counts its own steps.</remarks>
internal sealed class AdamRows(int rows, int width)
{
    private const float Beta1 = 0.9f;
    private const float Beta2 = 0.999f;
    private const float Epsilon = 1e-8f;

    private readonly float[] _first = new float[rows * width];
    private readonly float[] _second = new float[rows * width];
    private readonly int[] _steps = new int[rows];

    /// <summary>Takes a step in one row.</summary>
    public void Update(int row, Span<float> values, ReadOnlySpan<float> gradient, float learningRate)
    {
        int step = ++_steps[row];
        float rate = learningRate * MathF.Sqrt(1 - MathF.Pow(Beta2, step)) / (1 - MathF.Pow(Beta1, step));
        Span<float> first = _first.AsSpan(row * width, width);
        Span<float> second = _second.AsSpan(row * width, width);
        for (int i = 0; i < values.Length; i++)
        {
            float g = gradient[i];
            first[i] += (1 - Beta1) * (g - first[i]);
            second[i] += (1 - Beta2) * ((g * g) - second[i]);
            values[i] -= rate * first[i] / (MathF.Sqrt(second[i]) + Epsilon);
        }
    }

    /// <summary>Forgets what was learned of a row.</summary>
    public void Reset(int row)
    {
        _first.AsSpan(row * width, width).Clear();
        _second.AsSpan(row * width, width).Clear();
        _steps[row] = 0;
    }
}
