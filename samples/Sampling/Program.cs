// An application's own way to choose tokens: a logits processor, which sees the text and every logit. Samplers choose from what it leaves.
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
