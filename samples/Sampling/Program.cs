// An application's own ways to choose tokens: a logits processor, which sees the text and every logit, and a sampler stage, which
// narrows what the other stages have left.
//
//     dotnet run -c Release --project samples/Sampling -- model.gguf

using Winnow.Generation;
using Winnow.Sampling;

using Engine engine = Engine.Load(args.Length > 0 ? args[0] : "models/lab-q8_0.gguf");
using Session session = engine.CreateSession();
GenerationOptions options = new()
{
    MaxTokens = 40,
    Sampling = new SamplingOptions
    {
        Seed = 1,
        LogitsProcessors = [new NoRepeatedPairs()],
        Stages = [new NearTheBest(0.2f)],
    },
};

await foreach (GeneratedToken token in session.GenerateAsync("The mill stands by the river, and", options))
{
    Console.Write(token.Text);
}

Console.WriteLine();

/// <summary>Rules out every token that would repeat a pair of tokens which the text has already.</summary>
internal sealed class NoRepeatedPairs : ILogitsProcessor
{
    public void Process(ReadOnlySpan<int> tokens, Span<float> logits)
    {
        for (int i = 1; i < tokens.Length; i++)
        {
            if (tokens[i - 1] == tokens[^1])
            {
                logits[tokens[i]] = float.NegativeInfinity;
            }
        }
    }
}

/// <summary>Keeps the candidates that are at least a part as probable as the best one.</summary>
internal sealed class NearTheBest(float part) : ISamplerStage
{
    public void Apply(SamplerCandidates candidates)
    {
        float best = float.NegativeInfinity;
        foreach (float logit in candidates.Logits)
        {
            best = Math.Max(best, logit);
        }

        candidates.RemoveBelow(best + MathF.Log(part));
    }
}
