using Winnow.Generation;

namespace Winnow.PublicApi.Tests;

/// <summary>Answers are streams among others of an application: they can be left, and they leave room.</summary>
public sealed class StreamTests : IDisposable
{
    private readonly Engine _engine = Engine.Load(Checkout.ModelPath, new EngineOptions { Threads = 2 });

    public void Dispose() => _engine.Dispose();

    [Fact]
    public async Task Other_requests_are_answered_while_eight_streams_run()
    {
        using CancellationTokenSource stop = new();
        Task[] streams = await Answers.StartAsync(_engine, 8, stop.Token);
        for (int request = 0; request < 20; request++)
        {
            Assert.Equal(request, await Task.Run(() => request));
        }

        // All of them still run: what was asked for meanwhile did not wait for their ends.
        Assert.All(streams, stream => Assert.False(stream.IsCompleted));
        await stop.CancelAsync();
        foreach (Task stream in streams)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stream);
        }
    }

    [Fact]
    public async Task A_session_whose_answer_was_cancelled_answers_again()
    {
        using Session fresh = _engine.CreateSession();
        int[] expected = await fresh.GenerateAsync("The mill stands", Answers.Short).ReadAsync();
        using Session session = _engine.CreateSession();
        using CancellationTokenSource stop = new();
        int seen = 0;
        OperationCanceledException error = await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (GeneratedToken _ in session.GenerateAsync("The mill stands", Answers.Endless, stop.Token))
            {
                if (++seen == 3)
                {
                    await stop.CancelAsync();
                }
            }
        });
        Assert.Equal((3, stop.Token), (seen, error.CancellationToken));
        Assert.Equal(3, session.LastGeneration!.GeneratedTokens);
        Assert.Equal(expected, await session.GenerateAsync("The mill stands", Answers.Short).ReadAsync());
    }

    [Fact]
    public async Task A_session_serves_one_answer_at_a_time_and_the_next_after_it()
    {
        using Session session = _engine.CreateSession();
        await foreach (GeneratedToken _ in session.GenerateAsync("The mill stands", Answers.Endless))
        {
            await Assert.ThrowsAsync<InvalidOperationException>(() => session.GenerateAsync("Hello", Answers.Short).ReadAsync());
            break;
        }

        Assert.Equal(12, (await session.GenerateAsync("Hello", Answers.Short).ReadAsync()).Length);
    }
}
