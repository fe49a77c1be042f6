using Winnow.Generation;

namespace Winnow.PublicApi.Tests;

/// <summary>A session that was forked, cut, or saved and loaded goes on with the logits of one that read the same.</summary>
public sealed class SessionStateTests : IDisposable
{
    private const int Next = 300;

    private readonly Engine _engine = Engine.Load(Checkout.ModelPath, new EngineOptions { Threads = 2 });
    private readonly TemporaryFolder _folder = new();
    private readonly int[] _prompt;
    private readonly float[] _expected;

    public SessionStateTests()
    {
        _prompt = _engine.Tokenizer.Encode("The harbour lies in the north, and the mill stands by the river.", addSpecial: true);
        using Session session = _engine.CreateSession();
        session.Prefill(_prompt);
        _expected = session.Diagnostics.Step(Next).ToArray();
    }

    public void Dispose()
    {
        _engine.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void A_fork_goes_on_like_its_parent_and_neither_disturbs_the_other()
    {
        using Session session = _engine.CreateSession();
        session.Prefill(_prompt);
        using Session fork = session.Fork();
        session.Diagnostics.Step(Next + 1);
        Assert.Equal(_expected, fork.Diagnostics.Step(Next).ToArray());
        Assert.Equal([.. _prompt, Next + 1], session.Tokens);
        Assert.Equal([.. _prompt, Next], fork.Tokens);
    }

    [Fact]
    public void A_session_that_was_cut_goes_on_as_if_it_had_not_read_the_rest()
    {
        using Session session = _engine.CreateSession();
        session.Prefill(_prompt);
        session.Diagnostics.Step(Next + 1);
        session.Diagnostics.Step(Next + 2);
        session.Truncate(_prompt.Length);
        Assert.Equal(_expected, session.Diagnostics.Step(Next).ToArray());
    }

    [Fact]
    public void A_loaded_session_goes_on_where_the_saved_one_stood()
    {
        using Session session = _engine.CreateSession();
        session.Prefill(_prompt);
        session.Save(_folder.PathOf("saved"));
        using Session loaded = _engine.CreateSession();
        loaded.Load(_folder.PathOf("saved"));
        Assert.Equal(_prompt, loaded.Tokens);
        Assert.Equal(_expected, loaded.Diagnostics.Step(Next).ToArray());
    }

    [Fact]
    public async Task A_next_turn_computes_only_what_is_new()
    {
        using Session session = _engine.CreateSession();
        await session.GenerateAsync(_prompt, Answers.Short).ReadAsync();
        int held = session.Tokens.Count;
        await session.GenerateAsync([.. session.Tokens, Next], Answers.Short).ReadAsync();
        Assert.Equal(held, session.LastGeneration!.CachedTokens);
    }
}
