// Several users at once: a scheduler computes a token of each in one pass, and what their conversations have in common once.
//
//     dotnet run -c Release --project samples/Users -- model.gguf

using Winnow.Generation;
using Winnow.Sampling;
using Winnow.Scheduling;
using Winnow.Templates;

using Engine engine = await Engine.LoadAsync(args.Length > 0 ? args[0] : "models/lab-q8_0.gguf");
await using Scheduler scheduler = new(engine, new SchedulerOptions { MaxConcurrency = 8, QueueLimit = 100 });
string system = string.Concat(Enumerable.Repeat("Answer politely and in one sentence. ", 40));

string[] questions = ["Where is the harbour?", "And the mill?"];

await Task.WhenAll(Enumerable.Range(1, 12).Select(TalkAsync));

SchedulerStatistics sum = scheduler.Statistics;
Console.WriteLine($"{sum.Completed} answers; {sum.PromptTokens} prompt tokens, of which {sum.CachedTokens} did not have to be computed");

async Task TalkAsync(int user)
{
    List<ChatMessage> messages = [new("system", system)];
    foreach (string question in questions)
    {
        messages.Add(new ChatMessage("user", $"I am user {user}. {question}"));
        GenerationRequest request = new()
        {
            Messages = messages,
            Options = new GenerationOptions { MaxTokens = 16, Sampling = SamplingOptions.Greedy },

            // Who asks a lot waits behind those who ask little.
            Conversation = $"user {user}",
        };
        try
        {
            ScheduledReply reply = scheduler.Submit(request);
            messages.Add(new ChatMessage("assistant", await reply.ToTextAsync()));
        }
        catch (SchedulerFullException)
        {
            Console.WriteLine($"user {user} is asked to come back later");
            return;
        }
    }

    Console.WriteLine($"user {user}: {messages[^1].Content.ReplaceLineEndings(" ").Trim()}");
}
