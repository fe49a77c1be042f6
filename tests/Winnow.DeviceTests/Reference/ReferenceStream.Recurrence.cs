using Winnow.Compute;

namespace Winnow.DeviceTests.Reference;

internal sealed partial class ReferenceStream
{
    protected override void MultiplyCore(Matrix a, Matrix b, Matrix output)
    {
        for (int t = 0; t < a.Rows; t++)
        {
            for (int i = 0; i < a.Columns; i++)
            {
                Row(output, t)[i] = Row(a, t)[i] * Row(b, b.Rows == 1 ? 0 : t)[i];
            }
        }
    }

    protected override void ConvolveCore(Matrix input, Matrix weight, Matrix? bias, Matrix before, Matrix after, Matrix output)
    {
        int kernel = weight.Rows;
        float[][] rows =
        [
            .. Enumerable.Range(0, kernel - 1).Select(row => Row(before, row).ToArray()),
            .. Enumerable.Range(0, input.Rows).Select(row => Row(input, row).ToArray()),
        ];
        for (int t = 0; t < input.Rows; t++)
        {
            for (int i = 0; i < input.Columns; i++)
            {
                double sum = bias is { } b ? Row(b, 0)[i] : 0;
                for (int k = 0; k < kernel; k++)
                {
                    sum += (double)Row(weight, k)[i] * rows[t + k][i];
                }

                Row(output, t)[i] = (float)sum;
            }
        }

        for (int row = 0; row < kernel - 1; row++)
        {
            rows[input.Rows + row].CopyTo(Row(after, row));
        }
    }

    protected override void AttendLinearlyCore(LinearAttentionShape shape, in LinearAttentionRows rows, Matrix before, Matrix after, Matrix output)
    {
        int keys = shape.KeyDimension;
        for (int head = 0; head < shape.Heads; head++)
        {
            double[][] state = [.. Enumerable.Range(0, keys).Select(k => Array.ConvertAll(Row(before, (head * keys) + k).ToArray(), x => (double)x))];
            int firstKey = shape.KeyHeadOf(head) * keys;
            for (int t = 0; t < output.Rows; t++)
            {
                ReadOnlySpan<float> decays = Row(rows.Decay, rows.Decay.Rows == 1 ? 0 : t);
                for (int k = 0; k < keys; k++)
                {
                    double decay = decays[shape.FadesChannels ? (head * keys) + k : head];
                    state[k] = Array.ConvertAll(state[k], x => x * decay);
                }

                for (int v = 0; v < shape.ValueDimension; v++)
                {
                    int column = (head * shape.ValueDimension) + v;
                    double value = Row(rows.Value, t)[column];
                    double added = value;
                    double result = rows.Skip is { } skip ? Row(skip, 0)[head] * value : 0;
                    for (int k = 0; k < keys && shape.IsDelta; k++)
                    {
                        added -= Row(rows.Key, t)[firstKey + k] * state[k][v];
                    }

                    added *= rows.Rate is { } rate ? Row(rate, t)[head] : 1;
                    for (int k = 0; k < keys; k++)
                    {
                        state[k][v] += Row(rows.Key, t)[firstKey + k] * added;
                        result += Row(rows.Query, t)[firstKey + k] * state[k][v];
                    }

                    Row(output, t)[column] = (float)result;
                }
            }

            for (int k = 0; k < keys; k++)
            {
                Array.ConvertAll(state[k], x => (float)x).CopyTo(Row(after, (head * keys) + k));
            }
        }
    }

    protected override void ScanStatesCore(
        Matrix value, Matrix step, Matrix rate, Matrix key, Matrix query, Matrix skip, Matrix before, Matrix after, Matrix output)
    {
        for (int i = 0; i < value.Columns; i++)
        {
            double[] state = new double[rate.Rows];
            for (int n = 0; n < state.Length; n++)
            {
                state[n] = Row(before, n)[i];
            }

            for (int t = 0; t < value.Rows; t++)
            {
                double x = Row(value, t)[i];
                double time = Row(step, t)[i];
                double y = Row(skip, 0)[i] * x;
                for (int n = 0; n < state.Length; n++)
                {
                    state[n] = (Math.Exp(time * Row(rate, n)[i]) * state[n]) + (time * x * Row(key, t)[n]);
                    y += state[n] * Row(query, t)[n];
                }

                Row(output, t)[i] = (float)y;
            }

            for (int n = 0; n < state.Length; n++)
            {
                Row(after, n)[i] = (float)state[n];
            }
        }
    }

    protected override void TimeStepsCore(Matrix step, Matrix bias, float least, float most, Matrix? rate, Matrix? decay)
    {
        for (int t = 0; t < step.Rows; t++)
        {
            for (int i = 0; i < step.Columns; i++)
            {
                double time = Math.Min(Math.Max(Math.Log(1 + Math.Exp((double)Row(step, t)[i] + Row(bias, 0)[i])), least), most);
                Row(step, t)[i] = (float)time;
                if (rate is { } r)
                {
                    Row(decay!.Value, t)[i] = (float)Math.Exp(time * Row(r, 0)[i]);
                }
            }
        }
    }
}
