using Winnow.Compute;

namespace Winnow.Tests.Compute.Reference;

internal sealed partial class ReferenceStream
{
    protected override void MixExpertsCore(ExpertWeights experts, Matrix scores, Matrix input, Matrix output, int steps)
    {
        for (int t = 0; t < input.Rows; t++)
        {
            float[] row = Row(scores, t).ToArray();
            double sum = row.Sum(score => Math.Exp(score - row.Max()));
            double[] weights = Array.ConvertAll(row, score => Math.Exp(score - row.Max()) / sum);
            int[] best = [.. Enumerable.Range(0, experts.Count).OrderByDescending(e => weights[e]).Take(experts.Used)];
            double total = experts.NormalizesWeights ? best.Sum(e => weights[e]) : 1;
            double[] mixed = new double[output.Columns];
            foreach (int e in best)
            {
                double[] inner = Multiply(((ExpertList)experts.Up)[e], Array.ConvertAll(Row(input, t).ToArray(), x => (double)x));
                double[] gate = Multiply(((ExpertList)experts.Gate)[e], Array.ConvertAll(Row(input, t).ToArray(), x => (double)x));
                double[] result = Multiply(((ExpertList)experts.Down)[e], [.. inner.Zip(gate, (up, g) => Apply(experts.Activation, g) * up)]);
                mixed = [.. mixed.Zip(result, (m, r) => m + (weights[e] / total * r))];
            }

            for (int i = 0; i < mixed.Length; i++)
            {
                Row(output, t)[i] = (float)mixed[i];
            }
        }
    }

    private static double[] Multiply(Weight weight, double[] input)
    {
        double[] result = new double[weight.Outputs];
        for (int o = 0; o < result.Length; o++)
        {
            ReadOnlySpan<float> row = ((ReferenceWeight)weight).Row(o);
            for (int i = 0; i < input.Length; i++)
            {
                result[o] += row[i] * input[i];
            }
        }

        return result;
    }
}
