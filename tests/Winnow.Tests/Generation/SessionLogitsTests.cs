using Winnow.Cli;
using Winnow.Generation;
using Winnow.Sampling;
using Winnow.Tests.Formats;

namespace Winnow.Tests.Generation;

/// <summary>The logits that a session hands out are those after its last token, or there are none.</summary>
public sealed class SessionLogitsTests : IDisposable
{
    private readonly Engine _engine = Engine.Load(BundledModel.Find(), new EngineOptions { Threads = 1 });
    private readonly int[] _prompt;

    public SessionLogitsTests() => _prompt = _engine.Tokenizer.Encode("Once upon a time there was a", addSpecial: true);

    public void Dispose() => _engine.Dispose();

    [Fact]
    public void Sampling_leaves_them_as_the_model_gave_them()
    {
        using Session session = _engine.CreateSession();
        GenerationOptions options = new()
        {
            MaxTokens = 1,
            Sampling = SamplingOptions.Greedy with { LogitBias = new Dictionary<int, float> { [300] = 50 }, RepeatPenalty = 1.5f },
        };
        Assert.Equal(300, session.Generate(_prompt, options).Single().Id);
        Assert.Equal(LogitsAfter(_prompt), session.Diagnostics.Logits.ToArray());
    }

    [Fact]
    public void A_visited_sequence_leaves_those_after_its_last_token()
    {
        using Session session = _engine.CreateSession();
        float[] last = [];
        session.Diagnostics.VisitLogits(_prompt, 4, (_, logits) => last = logits.ToArray());
        Assert.Equal(last, session.Diagnostics.Logits.ToArray());
    }

    [Fact]
    public void A_random_filling_leaves_those_after_its_last_token()
    {
        using Session session = _engine.CreateSession();
        int[] prompt = [.. Enumerable.Range(0, 700).Select(i => 300 + i)];
        session.Diagnostics.FillRandomly(prompt);
        float[] logits = session.Diagnostics.Logits.ToArray();
        session.Truncate(600);
        session.Prefill(prompt);
        Assert.Equal(logits, session.Diagnostics.Logits.ToArray());
    }

    [Fact]
    public void A_fork_has_those_of_its_origin()
    {
        using Session session = _engine.CreateSession();
        session.Prefill(_prompt);
        using Session fork = session.Fork();
        Assert.Equal(session.Diagnostics.Logits.ToArray(), fork.Diagnostics.Logits.ToArray());
        session.Diagnostics.Step(300);
        Assert.False(session.Diagnostics.Logits.SequenceEqual(fork.Diagnostics.Logits));
    }

    [Fact]
    public void Without_any_it_says_so()
    {
        using TemporaryFolder folder = new();
        using Session session = _engine.CreateSession();
        Assert.Throws<InvalidOperationException>(() => session.Diagnostics.Logits.Length);
        session.Prefill(_prompt);
        session.Save(folder.PathOf("session"));
        session.Truncate(_prompt.Length);
        Assert.Equal(LogitsAfter(_prompt), session.Diagnostics.Logits.ToArray());
        session.Truncate(3);
        Assert.Throws<InvalidOperationException>(() => session.Diagnostics.Logits.Length);
        Assert.Equal(session.Diagnostics.Step(300).ToArray(), session.Diagnostics.Logits.ToArray());
        session.Load(folder.PathOf("session"));
        Assert.Throws<InvalidOperationException>(() => session.Diagnostics.Logits.Length);
    }

    [Fact]
    public void Forced_tokens_give_the_logits_of_single_steps()
    {
        using Session session = _engine.CreateSession();
        session.Prefill(_prompt);
        using Session stepping = session.Fork();
        int[] forced = [300, 301, 302];
        int count = 0;
        session.Diagnostics.Force(forced, (i, logits) =>
        {
            Assert.Equal(count++, i);
            Assert.Equal(stepping.Diagnostics.Step(forced[i]).ToArray(), logits.ToArray());
        });
        Assert.Equal(forced.Length, count);
    }

    [Fact]
    public void Forced_tokens_that_do_not_fit_are_refused_before_any_is_computed()
    {
        using Session session = _engine.CreateSession(new SessionOptions { ContextLength = 10 });
        session.Prefill(_prompt);
        Assert.Throws<ContextOverflowException>(() => session.Diagnostics.Force(new int[10]));
        Assert.Equal(_prompt, session.Tokens);
    }

    [Fact]
    public void A_failed_truncation_does_not_leave_the_session_busy()
    {
        Session session = _engine.CreateSession();
        session.Prefill(_prompt);
        session.Dispose();
        Assert.Throws<ObjectDisposedException>(() => session.Truncate(1));
        Assert.Throws<ObjectDisposedException>(() => session.Truncate(1));
    }

    private float[] LogitsAfter(int[] tokens)
    {
        using Session session = _engine.CreateSession();
        session.Prefill(tokens);
        return session.Diagnostics.Logits.ToArray();
    }
}
