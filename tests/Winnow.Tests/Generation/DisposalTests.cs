using Winnow.Cli;
using Winnow.Documents;
using Winnow.Generation;
using Winnow.Retrieval;
using Winnow.Sampling;
using Winnow.Tests.Formats;
using Winnow.Tests.Models;

namespace Winnow.Tests.Generation;

/// <summary>Engine, sessions and indexes are disposed in any order, on any thread, at any moment: nothing is freed in use.</summary>
public sealed class DisposalTests : IDisposable
{
    private static readonly GenerationOptions Greedy = new() { MaxTokens = 8, Sampling = SamplingOptions.Greedy, IgnoreEndOfGeneration = true };
    private static readonly int[] Prompt = [.. Enumerable.Range(3, 40)];
    private static readonly int[] Long = [.. Enumerable.Range(0, 1000).Select(i => 3 + (i % 300))];
    private readonly Engine _engine = Engine.Load(TinyModels.Path("llama"), new EngineOptions { Threads = 2 });
    private readonly TemporaryFolder _folder = new();

    /// <summary>Everything that computes or touches keys and values.</summary>
    public static TheoryData<string> Uses => [.. Actions.Keys];

    private static Dictionary<string, Action<Session, string>> Actions { get; } = new()
    {
        ["prefill"] = (session, _) => session.Prefill(Prompt),
        ["step"] = (session, _) => session.Diagnostics.Step(5),
        ["generate"] = (session, _) => session.Generate(Prompt, Greedy).Count(),
        ["visit"] = (session, _) => session.Diagnostics.VisitLogits(Prompt, 16, (_, _) => { }),
        ["fill"] = (session, _) => session.Diagnostics.FillRandomly(Prompt),
        ["truncate"] = (session, _) => session.Truncate(0),
        ["fork"] = (session, _) => session.Fork().Dispose(),
        ["save"] = (session, path) => session.Save(path),
        ["load"] = (session, path) => session.Load(path),
    };

    public void Dispose()
    {
        _engine.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [MemberData(nameof(Uses))]
    public void A_disposed_session_refuses(string use)
    {
        Session session = _engine.CreateSession();
        session.Dispose();
        Assert.Throws<ObjectDisposedException>(() => Actions[use](session, _folder.PathOf("session")));
        Assert.False(File.Exists(_folder.PathOf("session")));
    }

    [Theory]
    [MemberData(nameof(Uses))]
    public void A_session_of_a_disposed_engine_refuses(string use)
    {
        using Session session = _engine.CreateSession();
        _engine.Dispose();
        Assert.Throws<ObjectDisposedException>(() => Actions[use](session, _folder.PathOf("session")));
    }

    [Fact]
    public async Task A_disposed_engine_refuses_sessions_and_embeddings()
    {
        _engine.Dispose();
        Assert.Throws<ObjectDisposedException>(() => _engine.CreateSession());
        using Engine lab = Engine.Load(BundledModel.Find());
        lab.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await lab.EmbedAsync("hello", TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Any_order_and_any_number_of_disposals_will_do()
    {
        Session session = _engine.CreateSession();
        session.Prefill(Prompt);
        Session fork = session.Fork();
        session.Dispose();
        session.Dispose();
        fork.Diagnostics.Step(5);
        _engine.Dispose();
        fork.Dispose();
        fork.Dispose();
        _engine.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_answer_that_is_suspended_neither_delays_disposal_nor_survives_it(bool ofEngine)
    {
        Session session = _engine.CreateSession();
        using IEnumerator<GeneratedToken> answer = session.Generate(Prompt, Greedy).GetEnumerator();
        Assert.True(answer.MoveNext());
        Disposable(session, ofEngine).Dispose();
        Assert.Throws<ObjectDisposedException>(() => answer.MoveNext());
    }

    [Theory]
    [InlineData(false, "full")]
    [InlineData(true, "full")]
    [InlineData(false, "token-sparse")]
    [InlineData(true, "token-sparse")]
    public void Disposal_from_another_thread_stops_a_prompt(bool ofEngine, string attention)
    {
        Session session = _engine.CreateSession(new SessionOptions { Attention = AttentionOptions.Parse(attention) });
        using ManualResetEventSlim started = new();
        Exception? error = null;
        Thread reader = new(() =>
        {
            try
            {
                while (true)
                {
                    session.Truncate(0);
                    started.Set();
                    session.Prefill(Long);
                }
            }
            catch (ObjectDisposedException e)
            {
                error = e;
            }
        });
        reader.Start();
        started.Wait(TestContext.Current.CancellationToken);
        Disposable(session, ofEngine).Dispose();
        reader.Join();
        Assert.NotNull(error);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Disposal_inside_a_callback_of_the_computation_returns_and_ends_it(bool ofEngine)
    {
        Session session = _engine.CreateSession();
        int calls = 0;
        Assert.Throws<ObjectDisposedException>(() => session.Prefill(Long, 100, new Callback(() =>
        {
            calls++;
            Disposable(session, ofEngine).Dispose();
        })));
        Assert.Equal(1, calls);
        Assert.Throws<ObjectDisposedException>(() => session.Diagnostics.Step(5));
    }

    [Fact]
    public async Task Disposal_ends_asynchronous_answers_with_the_same_exception()
    {
        using Session session = _engine.CreateSession();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () =>
        {
            await foreach (GeneratedToken _ in session.GenerateAsync(Prompt, Greedy, TestContext.Current.CancellationToken))
            {
                _engine.Dispose();
            }
        });
    }

    [Fact]
    public void A_caller_s_cancellation_keeps_its_token()
    {
        using Session session = _engine.CreateSession();
        using CancellationTokenSource stop = new();
        OperationCanceledException error = Assert.ThrowsAny<OperationCanceledException>(
            () => session.Prefill(Long, 100, new Callback(stop.Cancel), stop.Token));
        Assert.Equal(stop.Token, error.CancellationToken);
        Assert.Equal(100, session.Tokens.Count);
        session.Prefill(Long);
    }

    [Fact]
    public async Task A_disposed_index_and_an_index_of_a_disposed_engine_refuse()
    {
        using Engine lab = Engine.Load(BundledModel.Find());
        IndexOptions words = new() { WordsOnly = true };
        Document[] documents = [Document.FromText("one", "A lighthouse stood on the cliff.\n\nIts keeper slept.")];
        DocumentIndex index = await DocumentIndex.BuildAsync(
            lab, documents, _folder.PathOf("index"), words, cancellationToken: TestContext.Current.CancellationToken);
        DocumentIndex other = DocumentIndex.Open(lab, _folder.PathOf("index"));
        index.Dispose();
        index.Dispose();
        Assert.Throws<ObjectDisposedException>(() => index.Search("Who slept?"));
        Assert.Throws<ObjectDisposedException>(() => index.Delete("one"));
        Assert.Throws<ObjectDisposedException>(() => index.Add([Document.FromText("two", "Nobody came.")]));
        lab.Dispose();
        Assert.Throws<ObjectDisposedException>(() => other.Search("Who slept?"));
        Assert.Throws<ObjectDisposedException>(() => DocumentIndex.Build(lab, documents, options: words));
        Assert.Throws<ObjectDisposedException>(() => DocumentIndex.Open(lab, _folder.PathOf("index")));
        other.Dispose();
    }

    [Fact]
    public void A_changed_index_keeps_one_mapping_of_its_file()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "mappings are counted in /proc");
        using Engine lab = Engine.Load(BundledModel.Find());
        string path = _folder.PathOf("index");
        using DocumentIndex index = DocumentIndex.Build(lab, [Document.FromText("one", "A keeper slept.")], path, new IndexOptions { WordsOnly = true });
        for (int i = 0; i < 4; i++)
        {
            index.Add([Document.FromText($"more {i}", "Nobody came.")]);
            index.Delete($"more {i}");
        }

        Assert.Single(File.ReadLines("/proc/self/maps"), line => line.Contains(path, StringComparison.Ordinal));
        Assert.NotEmpty(index.Search("Who slept?"));
    }

    private IDisposable Disposable(Session session, bool ofEngine) => ofEngine ? _engine : session;

    private sealed class Callback(Action action) : IProgress<PrefillProgress>
    {
        public void Report(PrefillProgress value) => action();
    }
}
