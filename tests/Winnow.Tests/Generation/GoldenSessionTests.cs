using Winnow.Generation;
using Winnow.Sampling;
using Winnow.Tensors;
using Winnow.Tests.Formats;
using Winnow.Tests.Models;

namespace Winnow.Tests.Generation;

/// <summary>Sessions of a tiny model with golden answers: what is reused, refused or cut short must not change them.</summary>
public sealed class GoldenSessionTests : IDisposable
{
    private static readonly GenerationOptions Greedy = new() { Sampling = new SamplingOptions { Temperature = 0 }, MaxTokens = 24 };

    private readonly Engine _engine = Engine.Load(TinyModels.Path("llama"), new EngineOptions { Threads = 2 });
    private readonly Golden _golden = Golden.Open(TinyModels.Path("llama"));

    public void Dispose() => _engine.Dispose();

    [Fact]
    public async Task Greedy_tokens_are_golden_and_the_last_one_says_why_it_ended()
    {
        using Session session = Create();
        List<GeneratedToken> tokens = [];
        await foreach (GeneratedToken token in session.GenerateAsync(_golden.Ids, Greedy))
        {
            tokens.Add(token);
        }

        Assert.Equal(_golden.GreedyIds, tokens.Select(token => token.Id));
        Assert.All(tokens[..^1], token => Assert.Null(token.FinishReason));
        Assert.Equal(FinishReason.Length, tokens[^1].FinishReason);
        GenerationStatistics statistics = session.LastGeneration!;
        Assert.Equal((_golden.Ids.Length, 0, 24), (statistics.PromptTokens, statistics.CachedTokens, statistics.GeneratedTokens));
    }

    [Fact]
    public void A_prompt_that_goes_on_computes_only_what_is_new()
    {
        using Session session = Create();
        Ids(session, _golden.Ids[..100]);
        // The last generated token was never computed.
        int held = session.Tokens.Count;
        int[] longer = [.. session.Tokens, 7, 8, 9];
        int[] continued = Ids(session, longer);
        Assert.Equal(held, session.LastGeneration!.CachedTokens);
        using Session fresh = Create();
        Assert.Equal(Ids(fresh, longer), continued);

        int[] other = [.. longer[..60], 1, 2, 3];
        continued = Ids(session, other);
        Assert.Equal(60, session.LastGeneration!.CachedTokens);
        using Session second = Create();
        Assert.Equal(Ids(second, other), continued);
    }

    [Fact]
    public void The_same_prompt_again_gives_the_same_answer()
    {
        using Session session = Create();
        int[] first = Ids(session, _golden.Ids);
        Assert.Equal(first, Ids(session, _golden.Ids));
        Assert.Equal(_golden.Ids.Length - 1, session.LastGeneration!.CachedTokens);
    }

    [Fact]
    public void A_saved_session_of_another_model_is_refused_and_changes_nothing()
    {
        using TemporaryFolder folder = new();
        using Engine other = Engine.Load(TinyModels.Path("llama-mha"));
        using (Session foreign = other.CreateSession())
        {
            foreign.Prefill([1, 2, 3]);
            foreign.Save(folder.PathOf("session"));
        }

        using Session session = Create();
        session.Prefill(_golden.Ids);
        Assert.ThrowsAny<WinnowException>(() => session.Load(folder.PathOf("session")));
        Assert.Equal(_golden.Ids, session.Tokens);
        Assert.Equal(_golden.GreedyIds, Ids(session, _golden.Ids));
    }

    [Fact]
    public void A_cancelled_visit_leaves_a_session_that_works()
    {
        using Session session = Create();
        using CancellationTokenSource cancel = new();
        Assert.Throws<OperationCanceledException>(() => session.Diagnostics.VisitLogits(_golden.Ids, 10, (row, logits) => cancel.Cancel(), cancel.Token));
        int[] rest = _golden.Ids[session.Tokens.Count..];
        foreach (int id in rest)
        {
            session.Diagnostics.Step(id);
        }

        Assert.Equal(_golden.GreedyIds[0], session.Diagnostics.Logits.IndexOf(MaxOf(session.Diagnostics.Logits)));
    }

    [Fact]
    public void An_answer_that_was_stopped_reports_what_it_took()
    {
        using Session session = Create();
        using (IEnumerator<GeneratedToken> answer = session.Generate(_golden.Ids, Greedy).GetEnumerator())
        {
            answer.MoveNext();
            answer.MoveNext();
        }

        Assert.Equal((_golden.Ids.Length, 2), (session.LastGeneration!.PromptTokens, session.LastGeneration.GeneratedTokens));
        Assert.Equal(_golden.GreedyIds, Ids(session, _golden.Ids));
    }

    [Fact]
    public void A_model_without_a_vocabulary_takes_ids_and_refuses_text()
    {
        Assert.Equal(320, _engine.Tokenizer.VocabularySize);
        Assert.Equal("", _engine.Tokenizer.Decode(_golden.Ids));
        Assert.Contains("no vocabulary", Assert.Throws<WinnowException>(() => _engine.Tokenizer.Encode("x")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Rows_of_the_model_that_no_token_uses_can_be_generated()
    {
        using TemporaryFolder folder = new();
        foreach (string file in Directory.GetFiles(TinyModels.Path("llama")))
        {
            File.Copy(file, folder.PathOf(Path.GetFileName(file)));
        }

        folder.Write("tokenizer.json", """{"pre_tokenizer": {"type": "ByteLevel"}, "model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "c": 2}, "merges": []}}"""u8.ToArray());
        using Engine engine = Engine.Load(folder.Root);
        using Session session = engine.CreateSession(new SessionOptions { KvType = TensorType.F32 });
        Assert.Equal(_golden.GreedyIds, Ids(session, _golden.Ids));
    }

    [Fact]
    public void A_token_outside_the_vocabulary_is_refused()
    {
        using Session session = Create();
        Assert.Throws<ArgumentOutOfRangeException>(() => session.Prefill([1, 320]));
        Assert.Throws<ArgumentOutOfRangeException>(() => session.Prefill([-1]));
        Assert.Equal(_golden.GreedyIds, Ids(session, _golden.Ids));
    }

    private Session Create() => _engine.CreateSession(new SessionOptions { KvType = TensorType.F32 });

    private static int[] Ids(Session session, IReadOnlyList<int> prompt) => [.. session.Generate(prompt, Greedy).Select(token => token.Id)];

    private static float MaxOf(ReadOnlySpan<float> logits)
    {
        float max = logits[0];
        foreach (float logit in logits)
        {
            max = Math.Max(max, logit);
        }

        return max;
    }
}
