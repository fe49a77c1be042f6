using Winnow.Sampling;

namespace Winnow.Tests.Sampling;

/// <summary>
/// The chain in its plainest form: sorts everything, in double precision, and returns the probability of each token.
/// </summary>
internal static class SlowChain
{
    private sealed record Token(int Id, double Logit)
    {
        public double P { get; init; }
    }

    public static double[] Probabilities(IReadOnlyList<float> logits, SamplingOptions options)
    {
        IEnumerable<Token> all = logits.Select((logit, id) => new Token(id, logit));
        List<Token> tokens = [.. all.Where(t => t.Logit > double.NegativeInfinity)];
        if (options.TopNSigma > 0)
        {
            double mean = tokens.Average(t => t.Logit);
            double deviation = Math.Sqrt(tokens.Average(t => (t.Logit - mean) * (t.Logit - mean)));
            tokens = [.. tokens.Where(t => t.Logit >= tokens.Max(m => m.Logit) - (options.TopNSigma * deviation))];
        }

        tokens = [.. tokens.OrderByDescending(t => t.Logit).ThenBy(t => t.Id)];
        tokens = options.TopK > 0 ? [.. tokens.Take(options.TopK)] : tokens;
        if (options.TypicalP < 1)
        {
            tokens = Softmax(tokens, 1);
            double entropy = -tokens.Sum(t => t.P * Math.Log(t.P));
            tokens = Nucleus([.. tokens.OrderBy(t => Math.Abs(-Math.Log(t.P) - entropy))], options.TypicalP, options.MinKeep);
        }

        if (options.TopP < 1)
        {
            tokens = Nucleus([.. Softmax(tokens, 1).OrderByDescending(t => t.P)], options.TopP, options.MinKeep);
        }

        if (options.MinP > 0)
        {
            tokens = [.. Softmax(tokens, 1).OrderByDescending(t => t.P)];
            tokens = [.. tokens.Where((t, i) => i < options.MinKeep || t.P >= options.MinP * tokens[0].P)];
        }

        double[] result = new double[logits.Count];
        Softmax(tokens, options.Temperature).ForEach(t => result[t.Id] = t.P);
        return result;
    }

    private static List<Token> Nucleus(List<Token> ordered, double mass, int minKeep)
    {
        double sum = 0;
        List<Token> kept = [];
        foreach (Token token in ordered)
        {
            kept.Add(token);
            sum += token.P;
            if (sum >= mass && kept.Count >= minKeep)
            {
                break;
            }
        }

        return kept;
    }

    private static List<Token> Softmax(List<Token> tokens, double temperature)
    {
        double max = tokens.Max(t => t.Logit);
        double sum = tokens.Sum(t => Math.Exp((t.Logit - max) / temperature));
        return [.. tokens.Select(t => t with { P = Math.Exp((t.Logit - max) / temperature) / sum })];
    }
}
