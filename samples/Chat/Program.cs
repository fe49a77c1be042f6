// A chat on the console: streams each answer, keeps the conversation, says when the context was full.
//
//     dotnet run -c Release --project samples/Chat -- model.gguf

using Winnow.Conversations;
using Winnow.Generation;

using Engine engine = await Engine.LoadAsync(args.Length > 0 ? args[0] : "models/lab-q8_0.gguf");
using Chat chat = new(engine, "You are a helpful assistant. Be brief.");
GenerationOptions options = new() { MaxTokens = 256, FullContext = FullContextPolicy.DropOldestMessages };

while (Read() is { } question)
{
    // Ctrl-C stops the answer; what came of it stays in the conversation.
    using CancellationTokenSource stop = new();
    void OnCancel(object? sender, ConsoleCancelEventArgs pressed)
    {
        pressed.Cancel = true;
        stop.Cancel();
    }

    Console.CancelKeyPress += OnCancel;
    try
    {
        await foreach (GeneratedToken token in chat.AskAsync(question, options, stop.Token))
        {
            Console.Write(token.Text);
        }

        Console.WriteLine();
        if (chat.Session.LastGeneration is { DroppedMessages: > 0 and int dropped })
        {
            Console.WriteLine($"(the context was full: the oldest {dropped} messages were dropped)");
        }
    }
    catch (OperationCanceledException)
    {
        Console.WriteLine(" (stopped)");
    }
    finally
    {
        Console.CancelKeyPress -= OnCancel;
    }
}

static string? Read()
{
    Console.Write("> ");
    return Console.ReadLine();
}
