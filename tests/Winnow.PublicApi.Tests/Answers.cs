using Winnow.Generation;
using Winnow.Sampling;

namespace Winnow.PublicApi.Tests;

/// <summary>Answers as applications take them.</summary>
internal static class Answers
{
    /// <summary>The same answer every time.</summary>
    public static GenerationOptions Short { get; } =
        new() { MaxTokens = 12, Sampling = SamplingOptions.Greedy, IgnoreEndOfGeneration = true };

    /// <summary>An answer that nobody waits for the end of.</summary>
    public static GenerationOptions Endless { get; } = Short with { MaxTokens = null };

    /// <summary>Reads an answer to its end.</summary>
    /// <returns>Its tokens.</returns>
    public static async Task<int[]> ReadAsync(this IAsyncEnumerable<GeneratedToken> answer)
    {
        List<int> ids = [];
        await foreach (GeneratedToken token in answer)
        {
            ids.Add(token.Id);
        }

        return [.. ids];
    }

    /// <summary>Streams an answer that has no end of its own.</summary>
    /// <param name="session">Who answers.</param>
    /// <param name="begun">Completed by the first token.</param>
    /// <param name="stop">Ends the answer.</param>
    public static Task StreamAsync(Session session, TaskCompletionSource begun, CancellationToken stop = default) => Task.Run(
        async () =>
        {
            await foreach (GeneratedToken _ in session.GenerateAsync("Once upon a time", Endless, stop))
            {
                begun.TrySetResult();
            }
        },
        CancellationToken.None);

    /// <summary>Streams that have begun, each of a session of its own.</summary>
    public static async Task<Task[]> StartAsync(Engine engine, int count, CancellationToken stop = default)
    {
        TaskCompletionSource[] begun = [.. Enumerable.Range(0, count).Select(_ => new TaskCompletionSource())];
        Task[] streams = [.. begun.Select(first => StreamAsync(engine.CreateSession(), first, stop))];
        await Task.WhenAll(begun.Select(first => first.Task));
        return streams;
    }
}
