// A web service that streams answers as server-sent events, one model for all clients. A client that goes away cancels its answer.
//
//     dotnet run -c Release --project samples/Streaming -- --Winnow:ModelPath=model.gguf
//     curl -N -d '{"messages":[{"role":"user","text":"Hello"}]}' -H 'Content-Type: application/json' localhost:5000/chat

using System.Runtime.CompilerServices;
using System.Text.Json.Serialization;
using Microsoft.Extensions.AI;
using Winnow;
using Winnow.Extensions.AI;
using Winnow.Scheduling;

WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(args);
builder.Services.ConfigureHttpJsonOptions(options => options.SerializerOptions.TypeInfoResolverChain.Insert(0, WireFormat.Default));
builder.Services.AddWinnow(builder.Configuration.GetSection("Winnow"));
builder.Services.AddHealthChecks().AddCheck<WinnowHealthCheck>("winnow");
WebApplication app = builder.Build();

app.MapHealthChecks("/health");
app.MapPost("/chat", async (Question question, IChatClient client, CancellationToken cancellationToken) =>
{
    ChatMessage[] messages = [.. question.Messages.Select(message => new ChatMessage(new ChatRole(message.Role), message.Text))];
    IAsyncEnumerator<ChatResponseUpdate> updates = client.GetStreamingResponseAsync(messages, new ChatOptions { MaxOutputTokens = 256 }, cancellationToken).GetAsyncEnumerator(cancellationToken);
    try
    {
        // The first update: from here on it is an answer, before it may be an error.
        bool hasFirst = await updates.MoveNextAsync();
        return hasFirst ? TypedResults.ServerSentEvents(Texts(updates, cancellationToken)) : Results.NoContent();
    }
    catch (SchedulerFullException error)
    {
        return Results.Problem(error.Message, statusCode: StatusCodes.Status429TooManyRequests);
    }
    catch (WinnowException error)
    {
        return Results.Problem(error.Message, statusCode: StatusCodes.Status400BadRequest);
    }
});

app.Run();

static async IAsyncEnumerable<string> Texts(IAsyncEnumerator<ChatResponseUpdate> updates, [EnumeratorCancellation] CancellationToken cancellationToken)
{
    await using (updates)
    {
        do
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return updates.Current.Text;
        }
        while (await updates.MoveNextAsync());
    }
}

internal sealed record Question(IReadOnlyList<Line> Messages);

internal sealed record Line(string Role, string Text);

[JsonSerializable(typeof(Question))]
[JsonSerializable(typeof(string))]
[JsonSourceGenerationOptions(System.Text.Json.JsonSerializerDefaults.Web)]
internal sealed partial class WireFormat : JsonSerializerContext;
