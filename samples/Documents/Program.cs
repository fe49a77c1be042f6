// Questions about documents of any length, answered from their passages, which are cited.
//
//     dotnet run -c Release --project samples/Documents -- model.gguf "What is the signal code?" notes.txt more.txt

using Winnow.Conversations;
using Winnow.Generation;
using Winnow.Retrieval;
using Winnow.Sampling;

if (args.Length < 3)
{
    Console.Error.WriteLine("usage: Documents MODEL QUESTION FILE…");
    return 2;
}

using Engine engine = await Engine.LoadAsync(args[0]);
using Chat chat = new(engine);
foreach (string file in args[2..])
{
    chat.AddDocument(file);
}

await foreach (GeneratedToken token in chat.AskAsync(args[1], new GenerationOptions { MaxTokens = 128, Sampling = SamplingOptions.Greedy }))
{
    Console.Write(token.Text);
}

Console.WriteLine("\n\nfrom");
foreach (EvidenceSpan span in chat.Evidence)
{
    Console.WriteLine($"  {span.Document}, characters {span.FirstCharacter}-{span.EndCharacter}: {Shortened(span.Text)}");
}

return 0;

static string Shortened(string text)
{
    string line = text.Trim().ReplaceLineEndings(" ");
    return line.Length <= 72 ? line : $"{line[..72]}…";
}
