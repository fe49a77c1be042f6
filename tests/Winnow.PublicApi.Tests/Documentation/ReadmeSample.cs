// The code between the markers stands in README.md word for word; ReadmeTests compares them.
using Winnow.Generation;
using Winnow.Templates;

namespace Winnow.PublicApi.Tests.Documentation;

internal static class ReadmeSample
{
    public static async Task RunAsync(string modelPath, CancellationToken cancellationToken)
    {
        // README sample: begin
        using Engine engine = Engine.Load(modelPath, cancellationToken: cancellationToken);
        using Session session = engine.CreateSession();

        List<ChatMessage> messages =
        [
            new("system", "Answer in one sentence."),
            new("user", "What is the capital of France?"),
        ];

        GenerationOptions options = new() { MaxTokens = 64 };
        await foreach (GeneratedToken token in session.GenerateAsync(messages, options, cancellationToken))
        {
            Console.Write(token.Text);
        }

        GenerationStatistics statistics = session.LastGeneration!;
        Console.WriteLine($" ({statistics.DecodeTokensPerSecond:F1} tokens per second)");
        // README sample: end
    }
}
