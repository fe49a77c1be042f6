// Several conversations over one model: two at the same time, and a fork that shares what was read. For many at once see samples/Users.
//
//     dotnet run -c Release --project samples/Sessions -- model.gguf

using Winnow.Generation;
using Winnow.Sampling;
using Winnow.Templates;

using Engine engine = Engine.Load(args.Length > 0 ? args[0] : "models/lab-q8_0.gguf");
GenerationOptions options = new() { MaxTokens = 24, Sampling = SamplingOptions.Greedy };

// 1. Two sessions of one engine run at the same time. Weights are shared, keys and values are each session's own.
string[] answers = await Task.WhenAll(AskAsync("Where is the harbour?"), AskAsync("Who keeps the key?"));
Console.WriteLine($"one:  {answers[0]}\ntwo:  {answers[1]}");

// 2. A fork goes on from where its parent stands. What both have read lies in memory once, and is read once.
using Session parent = engine.CreateSession();
parent.Prefill(engine.Tokenizer.Encode("The harbour lies in the north, and the mill stands by the river. The", addSpecial: true));
using Session fork = parent.Fork();
fork.Diagnostics.Step(engine.Tokenizer.Encode(" mill")[0]);
parent.Diagnostics.Step(engine.Tokenizer.Encode(" harbour")[0]);
Console.WriteLine($"fork: {fork.Tokens.Count} tokens, of which {parent.Tokens.Count - 1} are its parent's");

async Task<string> AskAsync(string question)
{
    using Session session = engine.CreateSession();
    List<string> parts = [];
    await foreach (GeneratedToken token in session.GenerateAsync([new ChatMessage("user", question)], options))
    {
        parts.Add(token.Text);
    }

    return string.Concat(parts).ReplaceLineEndings(" ");
}
