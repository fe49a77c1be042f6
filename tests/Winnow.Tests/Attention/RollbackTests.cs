using Winnow.Generation;
using Winnow.Tensors;
using Winnow.Tests.Formats;
using Winnow.Tests.Models;

namespace Winnow.Tests.Attention;

/// <summary>A conversation of three prompts: wherever it is cut, forked or saved, it goes on with the bits that it would have had.</summary>
public sealed class RollbackTests : IDisposable
{
    /// <summary>Where each prompt and the answer to it end.</summary>
    private static readonly (int Prompt, int Answer)[] Turns = [(530, 600), (640, 690), (720, 760)];

    private static readonly int[] Tokens = [.. Enumerable.Range(0, Turns[^1].Answer).Select(i => 3 + (((i * 7919) + (i * i % 101)) % 310))];

    private readonly Engine _engine = Engine.Load(TinyModels.Path("llama"), new EngineOptions { Threads = 2 });
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Specifications =>
    [
        "full",
        "recycled:k=24,stride=7,pool=3",
        "recycled:k=24,stride=50,pool=3",
        "recycled:k=24,check=3,threshold=0.9,pool=1",
        "recycled:k=24,check=2,threshold=-1",
        "delta:page=8,pages=4,recent=1,from=0",
        "a2ats:rho=0.05,window=16,sink=2,codebook=online,centroids=16",
        "a2ats:rho=0.05,window=4,sink=2,codebook=online,centroids=16",
        "snapkv:budget=48,window=8,pool=3",
        "streaming:sinks=2,window=30",
        "random:budget=32,seed=3",
    ];

    public void Dispose()
    {
        _engine.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [MemberData(nameof(Specifications))]
    public void A_cut_sequence_goes_on_as_if_it_had_never_been_longer(string specification)
    {
        foreach (TensorType type in (TensorType[])[TensorType.F16, TensorType.F32])
        {
            using Session reference = Create(specification, type);
            float[]?[] expected = Read(reference, 0);
            using Session session = Create(specification, type);
            Read(session, 0);

            // A prompt's last tokens alone are left out: a few rows are computed by other kernels, in another order of sums.
            foreach (int length in (int[])[759, 750, 721, 720, 704, 700, 690, 689, 655, 641, 640, 624, 610, 600, 599, 555, 531, 530, 514, 300, 16, 0])
            {
                session.Truncate(length);
                Assert.Equal(Tokens[..length], session.Tokens);
                Check(expected, Read(session, length, chunk: 512 - length), $"{specification}, {type}, cut to {length}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Specifications))]
    public void Another_continuation_is_that_of_a_session_that_never_read_the_first(string specification)
    {
        using Session session = Create(specification);
        Read(session, 0);
        foreach (int length in (int[])[740, 700, 660, 620, 570, 400])
        {
            using Session fresh = Create(specification);
            Read(fresh, 0, end: length);
            session.Truncate(length);
            Check(Deviate(fresh, length), Deviate(session, length), $"{specification}, cut to {length}");
            session.Truncate(length);
            Read(session, length);
        }
    }

    /// <summary>What an earlier conversation said decides nothing in the next one.</summary>
    [Theory]
    [MemberData(nameof(Specifications))]
    public void A_session_that_was_cut_to_nothing_answers_like_a_new_one(string specification)
    {
        int[] prompt = [.. Tokens.Reverse().Take(560)];
        using Session fresh = Create(specification);
        using Session used = Create(specification);
        Read(used, 0);
        used.Truncate(0);
        Check(Answer(fresh, prompt), Answer(used, prompt), $"{specification}, after another conversation");
    }

    /// <summary>Without a call of Truncate: a prompt says itself what is left of the former one.</summary>
    [Theory]
    [MemberData(nameof(Specifications))]
    public void A_prompt_whose_beginning_is_cached_is_read_like_a_new_one(string specification)
    {
        using Session reference = Create(specification);
        float[]?[] expected = Read(reference, 0);
        using Session session = Create(specification);
        Read(session, 0);
        session.Prefill(Tokens[..20]);
        Check(expected, Read(session, 0), $"{specification}, the same again");

        foreach (int length in (int[])[1, 300, 500, 526, 529])
        {
            int[] other = [.. Tokens[..length], .. Tokens[600..700]];
            using Session fresh = Create(specification);
            Check(Answer(fresh, other), Answer(session, other), $"{specification}, {length} tokens in common");
        }

        // A prompt that replaces the end of an answer, and is taken back.
        Read(session, 0);
        foreach (int length in (int[])[675, 657])
        {
            Answer(session, [.. Tokens[..length], .. Tokens[100..140]]);
            session.Truncate(length);
            Check(expected, Read(session, length), $"{specification}, another prompt after {length} tokens taken back");
        }
    }

    [Theory]
    [MemberData(nameof(Specifications))]
    public void A_fork_goes_on_as_its_origin_does(string specification)
    {
        using Session reference = Create(specification);
        float[]?[] expected = Read(reference, 0);
        foreach (int end in (int[])[670, 640, 560, 530])
        {
            using Session origin = Create(specification);
            Read(origin, 0, end);
            using Session fork = origin.Fork();
            Check(expected, Read(fork, end), $"{specification}, forked at {end}");
            Check(expected, Read(origin, end), $"{specification}, after a fork at {end}");
            using Session shorter = origin.Fork();
            foreach (int length in (int[])[735, 715, 690, 650, 540, 520])
            {
                shorter.Truncate(length);
                Check(expected, Read(shorter, length), $"{specification}, forked at {end}, cut to {length}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Specifications))]
    public void A_saved_session_goes_on_where_it_was_saved(string specification)
    {
        string path = _folder.PathOf("session");
        using Session reference = Create(specification);
        float[]?[] expected = Read(reference, 0);
        foreach (int end in (int[])[745, 640, 560, 530])
        {
            using Session session = Create(specification);
            Read(session, 0, end);
            session.Save(path);
            using Session loaded = Create(specification);
            Read(loaded, 0, end: 575);
            loaded.Load(path);
            Check(expected, Read(loaded, end), $"{specification}, saved at {end}");
            Check(expected, Read(session, end), $"{specification}, after it was saved at {end}");
            loaded.Load(path);
            foreach (int length in (int[])[735, 715, 690, 650, 540, 520])
            {
                loaded.Truncate(Math.Min(length, end));
                Check(expected, Read(loaded, Math.Min(length, end)), $"{specification}, saved at {end}, cut to {length}");
            }
        }
    }

    [Fact]
    public void A_state_of_another_method_is_void()
    {
        string path = _folder.PathOf("session");
        using (Session snapKv = Create("snapkv:budget=48,window=8"))
        {
            Read(snapKv, 0, end: 560);
            snapKv.Save(path);
        }

        using Session full = Create("full");
        full.Load(path);
        using Session loaded = Create("recycled:k=24,stride=7");
        Read(loaded, 0);
        loaded.Load(path);
        Assert.Equal(full.Diagnostics.Step(7), loaded.Diagnostics.Step(7));
        Assert.Equal(560, loaded.Tokens.Count - 1);
    }

    [Theory]
    [InlineData("recycled:k=24,stride=7,pool=3")]
    [InlineData("recycled:k=24,check=3,threshold=0.9,pool=3")]
    [InlineData("random:budget=32")]
    [InlineData("delta:page=8,pages=4,recent=1,select=0,from=0")]
    [InlineData("snapkv:budget=48,window=8")]
    [InlineData("streaming:sinks=2,window=30")]
    [InlineData("a2ats:rho=0.05,window=16,sink=2,codebook=online,centroids=16")]
    public void A_decoded_token_allocates_nothing(string specification)
    {
        using Session session = Create(specification);
        session.Prefill(Tokens[..530]);
        Step(session, 400);
        session.Truncate(531);
        Step(session, 100);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Step(session, 200);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Theory]
    [InlineData("recycled:k=24,stride=7,pool=3")]
    [InlineData("snapkv:budget=48,window=8")]
    public void What_it_takes_to_go_back_is_counted_and_small(string specification)
    {
        using Session full = Create("full");
        Read(full, 0);
        using Session session = Create(specification);
        Read(session, 0);
        Assert.InRange(session.Diagnostics.KvResidentBytes - full.Diagnostics.KvResidentBytes, 1, full.Diagnostics.KvFullBytes / 4);
    }

    [Fact]
    public void Steps_that_are_repeated_are_few()
    {
        using Session session = Create("recycled:k=24,stride=7,pool=3");
        session.Prefill(Tokens[..530]);
        Step(session, 300);
        int steps = session.Diagnostics.AttentionStatistics.Steps;
        session.Truncate(820);
        Assert.InRange(session.Diagnostics.AttentionStatistics.Steps - steps, 0, 64);
        session.Truncate(530);
        Assert.InRange(session.Diagnostics.AttentionStatistics.Steps - steps, 0, 64);
    }

    private static void Step(Session session, int count)
    {
        for (int i = 0; i < count; i++)
        {
            session.Diagnostics.Step(Tokens[i]);
        }
    }

    /// <summary>Reads the conversation on, from where a session stands to an end; returns the logits after each position at which they are known.</summary>
    private static float[]?[] Read(Session session, int from, int? end = null, int chunk = 512)
    {
        float[]?[] logits = new float[Tokens.Length + 1][];
        foreach ((int prompt, int answer) in Turns)
        {
            if (from < prompt && from < (end ?? prompt))
            {
                from = Math.Min(prompt, end ?? prompt);
                session.Prefill(Tokens[..from], chunk > 0 ? chunk : 512);
                logits[from] = session.Diagnostics.Logits.ToArray();
            }

            for (; from >= prompt && from < Math.Min(answer, end ?? answer); from++)
            {
                logits[from + 1] = session.Diagnostics.Step(Tokens[from]).ToArray();
            }
        }

        return logits;
    }

    /// <summary>Goes on with other tokens: steps and another prompt.</summary>
    private static float[]?[] Deviate(Session session, int length)
    {
        List<float[]?> logits = [];
        bool answers = Turns.Any(turn => length >= turn.Prompt && length < turn.Answer);
        for (int i = 0; answers && i < 40; i++)
        {
            logits.Add(session.Diagnostics.Step(Tokens[100 + i]).ToArray());
        }

        return [.. logits, .. Answer(session, [.. session.Tokens, .. Tokens[50..90]])];
    }

    private static float[]?[] Answer(Session session, int[] prompt)
    {
        session.Prefill(prompt);
        List<float[]?> logits = [session.Diagnostics.Logits.ToArray()];
        for (int i = 0; i < 40; i++)
        {
            logits.Add(session.Diagnostics.Step(Tokens[200 + i]).ToArray());
        }

        return [.. logits];
    }

    private static void Check(float[]?[] expected, float[]?[] actual, string what)
    {
        int compared = 0;
        for (int position = 0; position < actual.Length; position++)
        {
            if (actual[position] is { } logits)
            {
                Assert.True(expected[position].AsSpan().SequenceEqual(logits), $"{what}: other logits after {position} tokens");
                compared++;
            }
        }

        Assert.True(compared > 0, what);
    }

    private Session Create(string specification, TensorType type = TensorType.F16) =>
        _engine.CreateSession(new SessionOptions { Attention = AttentionOptions.Parse(specification), KvType = type });
}
