using Winnow.Cli;
using Winnow.Generation;

namespace Winnow.Tests.Generation;

/// <summary>Sessions that compute together answer as each would alone.</summary>
public sealed class SessionBatchTests : IDisposable
{
    private static readonly string[] Texts =
    [
        "The harbour lies in the north, and the mill stands by the river.",
        "In spring the ice breaks, and boats go out again. Nobody remembers how many there were before the storm.",
        "One two three four five six seven eight nine ten.",
        "She wrote: the key is under the third stone.",
    ];

    private static readonly string[] Methods = ["full", "recycled:k=8,from=0", "delta:page=4,pages=3,recent=1,from=0", "streaming:sinks=2,window=8"];

    private readonly Engine _engine = Engine.Load(BundledModel.Find(), new EngineOptions { Threads = 2 });

    public void Dispose() => _engine.Dispose();

    [Fact]
    public void Sessions_in_different_phases_and_with_different_methods_compute_what_they_compute_alone()
    {
        int[][] prompts = [.. Texts.Select(text => _engine.Tokenizer.Encode(text, addSpecial: true))];
        float[][] expected = [.. prompts.Select((prompt, i) => Alone(prompt, Methods[i]))];

        using SessionBatch batch = _engine.CreateBatch(new SessionBatchOptions { PromptSlice = TimeSpan.FromMilliseconds(1) });
        Session[] sessions = [.. Methods.Select(Create)];
        List<float>[] logits = [[], [], [], []];
        List<int> running = [];
        for (int joining = 0; joining < sessions.Length; joining++)
        {
            using BatchPrompt prompt = batch.BeginPrompt(sessions[joining], prompts[joining]);
            while (prompt.Advance(TestContext.Current.CancellationToken))
            {
                Step();
            }

            logits[joining].AddRange(sessions[joining].Diagnostics.Logits);
            running.Add(joining);
        }

        while (running.Count > 0)
        {
            Step();
        }

        for (int i = 0; i < sessions.Length; i++)
        {
            Assert.Equal(expected[i], logits[i]);
            sessions[i].Dispose();
        }

        void Step()
        {
            running.RemoveAll(i => sessions[i].Tokens.Count >= prompts[i].Length + 10);
            batch.Step([.. running.Select(i => sessions[i])], [.. running.Select(i => Next(sessions[i].Tokens.Count - prompts[i].Length))]);
            running.ForEach(i => logits[i].AddRange(sessions[i].Diagnostics.Logits));
        }
    }

    [Fact]
    public void Prompts_that_a_step_reads_along_give_what_they_give_alone()
    {
        int[][] prompts = [.. Texts.Select(text => _engine.Tokenizer.Encode(text, addSpecial: true))];
        float[][] expected = [.. prompts.Select((prompt, i) => Alone(prompt, Methods[i]))];
        using SessionBatch batch = _engine.CreateBatch();
        Session[] sessions = [.. Methods.Select(Create)];
        List<float>[] logits = [[], [], [], []];
        int[] said = new int[sessions.Length];
        Assert.Equal(0, batch.PromptRows);

        // Two prompts by themselves, then the others beside steps; the third one's beginning is there already.
        sessions[2].Prefill(prompts[2][..5]);
        Together([], [0, 1]);
        Assert.InRange(batch.PromptRows, 1, int.MaxValue);
        Together([0, 1], [2]);
        Together([0, 2], [3]);
        while (said.Min() < 10)
        {
            Together([.. Enumerable.Range(0, 4).Where(i => said[i] < 10)], []);
        }

        for (int i = 0; i < sessions.Length; i++)
        {
            Assert.Equal(expected[i], logits[i]);
            sessions[i].Dispose();
        }

        void Together(int[] steps, int[] joining)
        {
            BatchPrompt[] readings = [.. joining.Select(i => batch.BeginPrompt(sessions[i], prompts[i]))];
            Assert.All(readings.Zip(joining), pair => Assert.InRange(pair.First.RowsToJoin(), 1, prompts[pair.Second].Length));
            batch.Step([.. steps.Select(i => sessions[i])], [.. steps.Select(i => Next(said[i]++))], readings);
            foreach (int i in (int[])[.. steps, .. joining])
            {
                logits[i].AddRange(sessions[i].Diagnostics.Logits);
            }

            Assert.All(readings, reading => Assert.Throws<ObjectDisposedException>(() => reading.RowsToJoin()));
        }
    }

    [Fact]
    public void A_prompt_joins_no_step_while_a_part_of_it_is_being_read()
    {
        using SessionBatch batch = _engine.CreateBatch(new SessionBatchOptions { PromptSlice = TimeSpan.FromTicks(1) });
        using Session session = Create("full");
        using BatchPrompt reading = batch.BeginPrompt(session, _engine.Tokenizer.Encode(Texts[1], addSpecial: true));
        Assert.InRange(reading.RowsToJoin(), 1, 100);
        Assert.True(reading.Advance(TestContext.Current.CancellationToken));
        Assert.Equal(0, reading.RowsToJoin());
    }

    [Fact]
    public void A_step_that_one_session_refuses_changes_none()
    {
        using SessionBatch batch = _engine.CreateBatch();
        using Session one = Create("full");
        using Session full = _engine.CreateSession(new SessionOptions { ContextLength = 4 });
        int[] prompt = _engine.Tokenizer.Encode("One two", addSpecial: true);
        one.Prefill(prompt);
        full.Prefill([5, 6, 7]);
        full.Diagnostics.Step(8);
        float[] before = one.Diagnostics.Logits.ToArray();
        Assert.Throws<ContextOverflowException>(() => batch.Step([one, full], [300, 300]));
        Assert.Throws<InvalidOperationException>(() => batch.Step([one, one], [300, 300]));
        Assert.Equal(prompt, one.Tokens);
        Assert.Equal(before, one.Diagnostics.Logits.ToArray());
        batch.Step([one], [300]);
        Assert.Equal(prompt.Length + 1, one.Tokens.Count);
        using Engine other = Engine.Load(BundledModel.Find());
        using Session stranger = other.CreateSession();
        Assert.Throws<ArgumentException>(() => batch.Step([stranger], [300]));
        full.Dispose();
        Assert.Throws<ObjectDisposedException>(() => batch.Step([one, full], [300, 300]));
        batch.Step([one], [300]);
    }

    [Fact]
    public void A_prompt_that_is_given_up_leaves_its_session_usable()
    {
        using SessionBatch batch = _engine.CreateBatch(new SessionBatchOptions { PromptSlice = TimeSpan.FromTicks(1) });
        using Session session = Create("full");
        int[] prompt = _engine.Tokenizer.Encode(string.Concat(Enumerable.Repeat(Texts[1], 20)), addSpecial: true);
        BatchPrompt reading = batch.BeginPrompt(session, prompt);
        Assert.Throws<InvalidOperationException>(() => session.Diagnostics.Step(300));
        Assert.True(reading.Advance(TestContext.Current.CancellationToken));
        Assert.Throws<OperationCanceledException>(() => reading.Advance(new CancellationToken(canceled: true)));
        Assert.Throws<ObjectDisposedException>(() => reading.Advance(TestContext.Current.CancellationToken));
        session.Prefill(prompt);
        using Session fresh = Create("full");
        fresh.Prefill(prompt);
        Assert.Equal(fresh.Diagnostics.Logits.ToArray(), session.Diagnostics.Logits.ToArray());

        using BatchPrompt orphan = batch.BeginPrompt(session, [.. prompt, 300]);
        session.Dispose();
        Assert.Throws<ObjectDisposedException>(() => orphan.Advance(TestContext.Current.CancellationToken));
    }

    private static int Next(int step) => 300 + (7 * step);

    private Session Create(string attention) => _engine.CreateSession(new SessionOptions { Attention = AttentionOptions.Parse(attention) });

    private float[] Alone(int[] prompt, string attention)
    {
        using Session session = Create(attention);
        session.Prefill(prompt);
        List<float> logits = [.. session.Diagnostics.Logits];
        session.Diagnostics.Force([.. Enumerable.Range(0, 10).Select(Next)], (_, row) => logits.AddRange(row));
        return [.. logits];
    }
}
