using Winnow.Compute;

namespace Winnow.DeviceTests.Reference;

/// <summary>Runs each operation at once: sums in double precision, results rounded to f32.</summary>
internal sealed partial class ReferenceStream(ReferenceDevice device) : ComputeStream
{
    public override Device Device => device;

    protected override void EmbedCore(Weight table, ReadOnlySpan<int> ids, Matrix output)
    {
        for (int t = 0; t < ids.Length; t++)
        {
            ((ReferenceWeight)table).Row(ids[t]).CopyTo(Row(output, t));
        }
    }

    protected override void MatMulCore(ReadOnlySpan<Weight> weights, Matrix input, ReadOnlySpan<Matrix> outputs, int steps)
    {
        for (int w = 0; w < weights.Length; w++)
        {
            for (int t = 0; t < input.Rows; t++)
            {
                for (int o = 0; o < weights[w].Outputs; o++)
                {
                    Row(outputs[w], t)[o] = (float)Dot(Row(input, t), ((ReferenceWeight)weights[w]).Row(o));
                }
            }
        }
    }

    protected override void RmsNormCore(Matrix input, Matrix weight, float epsilon, Matrix output)
    {
        for (int t = 0; t < input.Rows; t++)
        {
            for (int first = 0; first < input.Columns; first += weight.Columns)
            {
                ReadOnlySpan<float> x = Row(input, t).Slice(first, weight.Columns);
                double factor = 1 / Math.Sqrt((Dot(x, x) / x.Length) + epsilon);
                for (int i = 0; i < x.Length; i++)
                {
                    Row(output, t)[first + i] = (float)(x[i] * factor * Row(weight, 0)[i]);
                }
            }
        }
    }

    protected override void LayerNormCore(Matrix input, Matrix weight, Matrix? bias, float epsilon, Matrix output)
    {
        for (int t = 0; t < input.Rows; t++)
        {
            ReadOnlySpan<float> x = Row(input, t);
            double mean = 0;
            double variance = 0;
            foreach (float value in x)
            {
                mean += (double)value / x.Length;
            }

            foreach (float value in x)
            {
                variance += (value - mean) * (value - mean) / x.Length;
            }

            for (int i = 0; i < x.Length; i++)
            {
                double normed = (x[i] - mean) / Math.Sqrt(variance + epsilon) * Row(weight, 0)[i];
                Row(output, t)[i] = (float)(normed + (bias is { } b ? Row(b, 0)[i] : 0));
            }
        }
    }

    protected override void GateCore(Activation activation, Matrix gate, Matrix up, Matrix output)
    {
        for (int t = 0; t < gate.Rows; t++)
        {
            for (int i = 0; i < gate.Columns; i++)
            {
                Row(output, t)[i] = (float)(Apply(activation, Row(gate, t)[i]) * Gated(activation, Row(up, t)[i]));
            }
        }
    }

    protected override void ActivateCore(Activation activation, Matrix values) => Each(values, x => Apply(activation, x));

    protected override void AddCore(Matrix target, Matrix addend, float scale)
    {
        for (int t = 0; t < target.Rows; t++)
        {
            for (int i = 0; i < target.Columns; i++)
            {
                Row(target, t)[i] = (float)(Row(target, t)[i] + ((double)scale * Row(addend, addend.Rows == 1 ? 0 : t)[i]));
            }
        }
    }

    protected override void ScaleCore(Matrix values, float factor) => Each(values, x => x * factor);

    protected override void ClampCore(Matrix values, float limit) => Each(values, x => Math.Clamp(x, -limit, limit));

    protected override void SoftCapCore(Matrix values, float cap) => Each(values, x => cap * Math.Tanh(x / cap));

    internal override void CopyCore(Matrix source, Matrix target)
    {
        for (int t = 0; t < source.Rows; t++)
        {
            Row(source, t).CopyTo(Row(target, t));
        }
    }

    protected override void WriteCore(ReadOnlySpan<float> source, Matrix target)
    {
        for (int t = 0; t < target.Rows; t++)
        {
            source.Slice(t * target.Columns, target.Columns).CopyTo(Row(target, t));
        }
    }

    protected override void ReadCore(Matrix source, Span<float> target)
    {
        for (int t = 0; t < source.Rows; t++)
        {
            Row(source, t).CopyTo(target[(t * source.Columns)..]);
        }
    }

    protected override void Dispose(bool disposing)
    {
    }

    private static Span<float> Row(Matrix matrix, int row) => ReferenceBuffer.Row(matrix, row);

    private static double Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        double sum = 0;
        for (int i = 0; i < a.Length; i++)
        {
            sum += (double)a[i] * b[i];
        }

        return sum;
    }

    private static void Each(Matrix values, Func<double, double> function)
    {
        for (int t = 0; t < values.Rows; t++)
        {
            foreach (ref float value in Row(values, t))
            {
                value = (float)function(value);
            }
        }
    }

    private static double Apply(Activation activation, double x) => activation switch
    {
        Activation.Silu => x / (1 + Math.Exp(-x)),
        Activation.Gelu => 0.5 * x * (1 + Erf(x / Math.Sqrt(2))),
        Activation.GeluTanh => 0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x)))),
        Activation.Relu => Math.Max(x, 0),
        Activation.ReluSquared => Math.Pow(Math.Max(x, 0), 2),
        Activation.ClampedSwish => Math.Min(x, 7) / (1 + Math.Exp(-1.702 * Math.Min(x, 7))),
        Activation.Sigmoid => 1 / (1 + Math.Exp(-x)),
        _ => throw new ArgumentOutOfRangeException(nameof(activation)),
    };

    /// <summary>What the gate's activation is multiplied with.</summary>
    private static double Gated(Activation activation, double up) => activation == Activation.ClampedSwish ? Math.Clamp(up, -7, 7) + 1 : up;

    /// <summary>The error function by its Maclaurin series, or 1 − a continued fraction where that converges better.</summary>
    private static double Erf(double x)
    {
        double a = Math.Abs(x);
        if (a > 6)
        {
            return Math.Sign(x);
        }

        double sum = 0;
        if (a < 2.5)
        {
            double term = a;
            for (int n = 0; Math.Abs(term) > 1e-17 * Math.Abs(sum) && n < 200; n++)
            {
                sum += term / ((2 * n) + 1);
                term *= -a * a / (n + 1);
            }

            return Math.Sign(x) * 2 / Math.Sqrt(Math.PI) * sum;
        }

        for (int n = 60; n > 0; n--)
        {
            sum = n / 2.0 / (a + sum);
        }

        return Math.Sign(x) * (1 - (Math.Exp(-a * a) / Math.Sqrt(Math.PI) / (a + sum)));
    }
}
