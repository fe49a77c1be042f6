using Winnow.Generation;

namespace Winnow.PublicApi.Tests;

/// <summary>Disposal at the wrong moment is an exception that an application can catch, never the end of its process.</summary>
public sealed class DisposalTests : IDisposable
{
    private readonly Engine _engine = Engine.Load(Checkout.ModelPath, new EngineOptions { Threads = 2 });
    private readonly TemporaryFolder _folder = new();

    public void Dispose()
    {
        _engine.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_disposed_engine_refuses_whatever_computes()
    {
        Session session = _engine.CreateSession();
        _engine.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => session.GenerateAsync("Hello", Answers.Short).ReadAsync());
        Assert.Throws<ObjectDisposedException>(() => session.Generate([5], Answers.Short).Count());
        Assert.Throws<ObjectDisposedException>(() => session.Diagnostics.Step(1));
        Assert.Throws<ObjectDisposedException>(() => session.Fork());
        Assert.Throws<ObjectDisposedException>(() => _engine.CreateSession());
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await _engine.EmbedAsync("hello"));
        session.Dispose();
    }

    [Fact]
    public async Task A_disposed_session_refuses_and_writes_no_file()
    {
        Session session = _engine.CreateSession();
        await session.GenerateAsync("Hello", Answers.Short).ReadAsync();
        session.Dispose();
        Assert.Throws<ObjectDisposedException>(() => session.Save(_folder.PathOf("saved")));
        Assert.False(File.Exists(_folder.PathOf("saved")));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => session.GenerateAsync("Hello", Answers.Short).ReadAsync());
    }

    [Fact]
    public async Task Disposal_of_a_session_on_another_thread_ends_its_answer()
    {
        for (int round = 0; round < 6; round++)
        {
            Session session = _engine.CreateSession();
            TaskCompletionSource begun = new();
            Task stream = Answers.StreamAsync(session, begun);
            await begun.Task;
            session.Dispose();
            await Assert.ThrowsAsync<ObjectDisposedException>(() => stream);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    public async Task Disposal_of_the_engine_ends_all_answers(int streams)
    {
        Task[] running = await Answers.StartAsync(_engine, streams);
        _engine.Dispose();
        foreach (Task stream in running)
        {
            await Assert.ThrowsAsync<ObjectDisposedException>(() => stream);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Disposal_at_any_moment_of_a_prompt_ends_its_computation(bool ofEngine)
    {
        int[] prompt = [.. Enumerable.Range(0, 3000).Select(i => i % 4000)];
        for (int round = 0; round < 6; round++)
        {
            using Engine engine = Engine.Load(Checkout.ModelPath, new EngineOptions { Threads = 2 });
            Session session = engine.CreateSession();
            ObjectDisposedException? error = null;
            Thread reader = new(() => error = Assert.Throws<ObjectDisposedException>(() => ReadForever(session, prompt)));
            reader.Start();
            Thread.Sleep(round * 15);
            (ofEngine ? (IDisposable)engine : session).Dispose();
            reader.Join();
            Assert.NotNull(error);
        }
    }

    [Fact]
    public void Any_order_and_any_number_of_disposals_will_do()
    {
        Session session = _engine.CreateSession();
        session.Prefill([5, 6, 7]);
        Session fork = session.Fork();
        session.Dispose();
        session.Dispose();
        fork.Diagnostics.Step(8);
        _engine.Dispose();
        fork.Dispose();
        _engine.Dispose();
    }

    private static void ReadForever(Session session, int[] prompt)
    {
        while (true)
        {
            session.Truncate(0);
            session.Prefill(prompt);
        }
    }
}
