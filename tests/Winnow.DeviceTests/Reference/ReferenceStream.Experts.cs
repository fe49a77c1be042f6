using Winnow.Compute;

namespace Winnow.DeviceTests.Reference;

internal sealed partial class ReferenceStream
{
    protected override void MixExpertsCore(ExpertWeights experts, Matrix scores, Matrix input, Matrix output, int steps)
    {
        for (int t = 0; t < input.Rows; t++)
        {
            double[] mixed = new double[output.Columns];
            foreach ((int e, double weight) in Route(experts, Row(scores, t).ToArray()))
            {
                bool scalesInput = experts.Router.ScalesInput;
                double[] own = Array.ConvertAll(Row(input, t).ToArray(), x => x * (scalesInput ? weight : 1));
                double[] inner = Add(Multiply(((ExpertList)experts.Up)[e], own), experts.UpBias, e);
                inner = experts.Gate is ExpertList gates
                    ? [.. inner.Zip(Add(Multiply(gates[e], own), experts.GateBias, e), (up, g) => Apply(experts.Activation, g) * Gated(experts.Activation, up))]
                    : Array.ConvertAll(inner, x => Apply(experts.Activation, x));
                double[] result = Add(Multiply(((ExpertList)experts.Down)[e], inner), experts.DownBias, e);
                mixed = [.. mixed.Zip(result, (m, r) => m + (scalesInput ? r : weight * r))];
            }

            for (int i = 0; i < mixed.Length; i++)
            {
                Row(output, t)[i] = (float)mixed[i];
            }
        }
    }

    /// <summary>The experts that a row takes, and what each is worth.</summary>
    private static (int Expert, double Weight)[] Route(ExpertWeights experts, float[] scores)
    {
        ExpertRouter router = experts.Router;
        if (router.Scoring == RouterScoring.SparseMixer)
        {
            return MixSparsely(router, scores);
        }

        double sum = scores.Sum(score => Math.Exp(score - scores.Max()));
        double[] probabilities = Array.ConvertAll(
            scores, score => router.Scoring == RouterScoring.Sigmoid ? 1 / (1 + Math.Exp(-score)) : Math.Exp(score - scores.Max()) / sum);
        double[] ranks = [.. probabilities.Select((probability, e) => probability + (experts.Correction is { } correction ? Row(correction, 0)[e] : 0))];
        int size = scores.Length / router.Groups;
        int[] groups = [.. Enumerable.Range(0, router.Groups)
            .OrderByDescending(group => ranks.Skip(group * size).Take(size).OrderDescending().Take(router.GroupsSumTwo ? 2 : 1).Sum())
            .Take(router.GroupsUsed)];
        int[] best = [.. Enumerable.Range(0, scores.Length)
            .Where(e => router.GroupsUsed >= router.Groups || groups.Contains(e / size))
            .OrderByDescending(e => ranks[e])
            .Take(router.Used)];
        double total = router.NormalizesWeights ? best.Sum(e => probabilities[e]) : 1;
        return Array.ConvertAll(
            best, e => (e, probabilities[e] / total * router.Scale * (experts.Scales is { } scales ? Row(scales, 0)[e] : 1)));
    }

    /// <summary>Each expert's weight is its softmax among those left whose scores come within reach of its own.</summary>
    private static (int Expert, double Weight)[] MixSparsely(ExpertRouter router, float[] scores)
    {
        List<int> left = [.. Enumerable.Range(0, scores.Length)];
        List<(int, double)> taken = [];
        while (taken.Count < router.Used)
        {
            int best = left.MaxBy(e => scores[e]);
            double sum = left
                .Where(e => (scores[best] - scores[e]) / Math.Max(Math.Abs(scores[e]), scores[best]) <= router.Reach)
                .Sum(e => Math.Exp(scores[e] - scores[best]));
            taken.Add((best, 1 / sum));
            left.Remove(best);
        }

        return [.. taken];
    }

    private static double[] Add(double[] values, Matrix? biases, int expert) =>
        biases is { } bias ? [.. values.Select((value, i) => value + Row(bias, expert)[i])] : values;

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
