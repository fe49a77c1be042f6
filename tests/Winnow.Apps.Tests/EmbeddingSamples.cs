using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Winnow.Conversations;
using Winnow.Documents;
using Winnow.Extensions.AI;
using Winnow.Generation;
using Winnow.Retrieval;
using Winnow.Sampling;
using Winnow.Scheduling;

namespace Winnow.Apps.Tests;

/// <summary>The code of docs/embedding.md, word for word; <see cref="DocumentationTests"/> compares and runs it.</summary>
internal static class EmbeddingSamples
{
    public static async Task FiveLinesAsync(string modelPath)
    {
        using IChatClient client = await WinnowChatClient.LoadAsync(modelPath);
        await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync("What is the capital of France?"))
        {
            Console.Write(update.Text);
        }
    }

    public static async Task ChatAsync(Engine engine, GenerationOptions options, string path, CancellationToken cancellationToken)
    {
        using Chat chat = new(engine, system: "Answer in one sentence.");
        await foreach (GeneratedToken token in chat.AskAsync("Where is the harbour?", options, cancellationToken))
        {
            Console.Write(token.Text);
        }

        chat.Withdraw();
        string answer = await chat.AskAsync("Where is the mill?", options, cancellationToken).ToTextAsync();
        chat.Save(path);
        Assert.NotEmpty(answer);
    }

    public static async Task DocumentsAsync(Engine engine, GenerationOptions options, string text, CancellationToken cancellationToken)
    {
        using Chat chat = new(engine);
        chat.AddDocument(Document.FromText("notes.txt", text));
        string answer = await chat.AskAsync("What is the signal code?", options, cancellationToken).ToTextAsync();
        foreach (EvidenceSpan span in chat.Evidence)
        {
            Console.WriteLine($"{span.Document}, characters {span.FirstCharacter}-{span.EndCharacter}: {span.Text}");
        }

        Assert.NotEmpty(answer);
    }

    public static async Task FullContextAsync(Chat chat, GenerationOptions options, string question, CancellationToken cancellationToken)
    {
        GenerationOptions dropping = options with { FullContext = FullContextPolicy.DropOldestMessages };
        string answer = await chat.AskAsync(question, dropping, cancellationToken).ToTextAsync();
        if (chat.Session.LastGeneration!.DroppedMessages > 0)
        {
            Console.WriteLine("The oldest messages were dropped.");
        }

        Assert.NotNull(answer);
    }

    public static async Task SchedulerAsync(Engine engine, IReadOnlyList<Templates.ChatMessage> messages, GenerationOptions options, CancellationToken cancellationToken)
    {
        await using Scheduler scheduler = new(engine, new SchedulerOptions { MaxConcurrency = 8, QueueLimit = 100 });
        ScheduledReply reply = scheduler.Submit(new GenerationRequest { Messages = messages, Options = options, Conversation = "user 17" }, cancellationToken);
        await foreach (GeneratedToken token in reply)
        {
            Console.Write(token.Text);
        }

        Console.WriteLine($"{reply.Statistics!.CachedTokens} of {reply.Statistics.PromptTokens} prompt tokens were known");
    }

    public static void Services(IServiceCollection services, string modelPath)
    {
        services.AddWinnow(options =>
        {
            options.ModelPath = modelPath;
            options.ContextLength = 4096;
        });
    }

    public static async Task MiddlewaresAsync(WinnowChatClient client)
    {
        IChatClient wrapped = client.AsBuilder()
            .UseFunctionInvocation()
            .UseOpenTelemetry()
            .Build();
        ChatResponse response = await wrapped.GetResponseAsync("Where is the harbour?", new ChatOptions { MaxOutputTokens = 32 });
        Console.WriteLine($"{response.Text} ({response.Usage!.CachedInputTokenCount} tokens were known)");

        ChatOptions careful = new ChatOptions { MaxOutputTokens = 32 }
            .WithAttention(AttentionOptions.Parse("recycled"))
            .WithPriority(1)
            .WithReasoningBudget(256);
        string id = client.CreateConversation();
        careful.ConversationId = id;
        await client.GetResponseAsync("Hello", careful);
    }

    public static async Task FormsAsync(Engine engine, GenerationOptions options, CancellationToken cancellationToken)
    {
        GenerationOptions json = options with
        {
            Grammar = Grammar.ParseJsonSchema("""{"type":"object","properties":{"place":{"type":"string","maxLength":20}},"required":["place"]}"""),
            Sampling = options.Sampling with { TopLogProbabilities = 3 },
        };
        using Session session = engine.CreateSession();
        await foreach (GeneratedToken token in session.GenerateAsync([new("user", "Where is the harbour?")], json, cancellationToken))
        {
            Console.WriteLine($"{token.Text} {token.LogProbability:F2} {token.TopLogProbabilities!.Count}");
        }

        float[] vector = await engine.EmbedAsync("harbour", cancellationToken);
        Assert.Equal(engine.Model.HiddenSize, vector.Length);
    }
}
