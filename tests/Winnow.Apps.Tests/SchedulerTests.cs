using Winnow.Generation;
using Winnow.Sampling;
using Winnow.Scheduling;
using Winnow.Templates;

namespace Winnow.Apps.Tests;

/// <summary>Many conversations over one model: what they get, in which order, and what is computed for it.</summary>
public sealed class SchedulerTests(LabEngine lab) : IClassFixture<LabEngine>
{
    private static readonly GenerationOptions Short = new() { MaxTokens = 12, Sampling = SamplingOptions.Greedy };

    private Engine Engine => lab.Engine;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("full")]
    [InlineData("delta:page=4,pages=3,recent=1,from=0")]
    [InlineData("token-sparse")]
    public async Task Answers_are_those_of_a_session_alone(string attention)
    {
        AttentionOptions methods = AttentionOptions.Parse(attention);
        ChatMessage[][] chats = [.. Enumerable.Range(0, 6).Select(i => Texts.Chat("Answer.", Texts.Sentences(i, 4 + (10 * i))))];
        int[][] expected = [.. chats.Select(chat => Alone(chat, methods))];
        using Scheduler scheduler = new(Engine, new SchedulerOptions { PromptSlice = TimeSpan.FromMilliseconds(2) });
        ScheduledReply[] replies = [.. chats.Select(chat => scheduler.Submit(new GenerationRequest { Messages = chat, Options = Short, Attention = methods }, Stop))];
        for (int i = 0; i < replies.Length; i++)
        {
            Assert.Equal(expected[i], await IdsOf(replies[i]));
        }

        Assert.Equal(6, scheduler.Statistics.Completed);
        Assert.Equal(0, scheduler.Statistics.Active);
        Assert.Equal(expected.Sum(ids => ids.Length), scheduler.Statistics.GeneratedTokens);
    }

    [Fact]
    public async Task A_conversation_of_20_turns_computes_only_what_is_new()
    {
        using Scheduler scheduler = new(Engine);
        using Session alone = Engine.CreateSession();
        List<ChatMessage> messages = [new("system", Texts.Sentences(7, 20))];
        IReadOnlyList<int> before = [];
        for (int turn = 0; turn < 20; turn++)
        {
            messages.Add(new ChatMessage("user", Texts.Sentences(100 + turn, 1)));
            ScheduledReply reply = scheduler.Submit(new GenerationRequest { Messages = [.. messages], Options = Short }, Stop);
            string text = await reply.ToTextAsync(Stop);
            IReadOnlyList<int> prompt = Engine.EncodeChat(messages, cancellationToken: Stop);
            int known = before.Zip(prompt).TakeWhile(pair => pair.First == pair.Second).Count();
            Assert.Equal(Math.Min(known, prompt.Count - 1), reply.Statistics!.CachedTokens);

            string same = await alone.GenerateAsync(messages, Short, Stop).ToTextAsync(Stop);
            Assert.Equal(same, text);
            Assert.Equal(alone.LastGeneration!.CachedTokens, reply.Statistics.CachedTokens);
            before = alone.Tokens.ToArray();
            messages.Add(new ChatMessage("assistant", text));
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_system_prompt_of_4K_tokens_is_computed_once_for_all(bool atOnce)
    {
        using Scheduler scheduler = new(Engine);
        string system = Texts.Sentences(3, 420);
        ChatMessage[][] chats = [Texts.Chat(system, "Who wrote a letter?"), Texts.Chat(system, "What did the captain do?"), Texts.Chat(system, "Where?")];
        IReadOnlyList<int>[] prompts = [.. chats.Select(chat => Engine.EncodeChat(chat, cancellationToken: Stop))];
        int shared = Shared(prompts[0], prompts[1]);
        Assert.True(shared > 4000, $"only {shared} tokens are shared");
        List<ScheduledReply> replies = [];
        foreach (ChatMessage[] chat in chats)
        {
            replies.Add(scheduler.Submit(new GenerationRequest { Messages = chat, Options = Short }, Stop));
            if (!atOnce)
            {
                await replies[^1].ToTextAsync(Stop);
            }
        }

        List<int> cached = [];
        for (int i = 0; i < chats.Length; i++)
        {
            if (atOnce)
            {
                Assert.Equal(Alone(chats[i], AttentionOptions.Full), await IdsOf(replies[i]));
            }

            cached.Add(replies[i].Statistics!.CachedTokens);
        }

        Assert.Equal(0, cached[0]);
        Assert.Equal(shared, cached[1]);
        Assert.Equal(Math.Max(Shared(prompts[0], prompts[2]), Shared(prompts[1], prompts[2])), cached[2]);
    }

    [Fact]
    public async Task A_prompt_that_was_read_is_not_read_again_but_for_its_last_token()
    {
        using Scheduler scheduler = new(Engine);
        GenerationRequest request = new() { Messages = Texts.Chat("Be brief.", "Count."), Options = Short };
        int[] first = await IdsOf(scheduler.Submit(request, Stop));
        ScheduledReply again = scheduler.Submit(request, Stop);
        Assert.Equal(first, await IdsOf(again));
        Assert.Equal(again.Statistics!.PromptTokens - 1, again.Statistics.CachedTokens);
    }

    [Fact]
    public async Task Rows_of_a_method_that_judges_whole_prompts_are_not_shared()
    {
        using Scheduler scheduler = new(Engine);
        GenerationRequest request = new() { Messages = Texts.Chat("Be brief.", Texts.Sentences(1, 30)), Options = Short, Attention = AttentionOptions.Parse("token-sparse") };
        await scheduler.Submit(request, Stop).ToTextAsync(Stop);
        ScheduledReply again = scheduler.Submit(request, Stop);
        await again.ToTextAsync(Stop);
        Assert.Equal(0, again.Statistics!.CachedTokens);
        Assert.False(again.Statistics.PromptMethodSkipped);
        Assert.Equal(0, scheduler.Statistics.PrefixCacheBytes);

        using Session session = Engine.CreateSession(new SessionOptions { Attention = request.Attention });
        await session.GenerateAsync(request.Messages!, Short, Stop).ToTextAsync(Stop);
        Assert.False(session.LastGeneration!.PromptMethodSkipped);
        await session.GenerateAsync([.. request.Messages!, new("assistant", "Yes."), new("user", "Go on.")], Short, Stop).ToTextAsync(Stop);
        Assert.True(session.LastGeneration!.PromptMethodSkipped);
    }

    [Fact]
    public async Task Cancellation_works_while_a_request_waits_reads_and_answers()
    {
        using Scheduler scheduler = new(Engine, new SchedulerOptions { MaxConcurrency = 1, PromptSlice = TimeSpan.FromMilliseconds(1) });
        using CancellationTokenSource answering = new();
        ScheduledReply endless = scheduler.Submit(Endless(), answering.Token);
        await using IAsyncEnumerator<GeneratedToken> tokens = endless.GetAsyncEnumerator(Stop);
        Assert.True(await tokens.MoveNextAsync());

        using CancellationTokenSource waiting = new();
        ScheduledReply waits = scheduler.Submit(Endless(), waiting.Token);
        await waiting.CancelAsync();
        OperationCanceledException error = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waits.ToTextAsync(Stop));
        Assert.Equal(waiting.Token, error.CancellationToken);
        Assert.Null(waits.Statistics);

        await answering.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            while (await tokens.MoveNextAsync())
            {
            }
        });
        Assert.NotNull(endless.Statistics);

        using CancellationTokenSource reading = new();
        TaskCompletionSource begun = new();
        ScheduledReply reads = scheduler.Submit(
            new GenerationRequest { Messages = Texts.Chat("a", Texts.Sentences(9, 800)), Options = Short with { Progress = new Told(() => begun.TrySetResult()) } }, reading.Token);
        await begun.Task.WaitAsync(TimeSpan.FromSeconds(60), Stop);
        await reading.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reads.ToTextAsync(Stop));

        // Who leaves the loop has cancelled.
        ScheduledReply left = scheduler.Submit(Endless(), Stop);
        await foreach (GeneratedToken unused in left.WithCancellation(Stop))
        {
            break;
        }

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => left.Completion);
        Assert.NotEmpty(await scheduler.Submit(new GenerationRequest { Messages = Texts.Chat("a", "b"), Options = Short }, Stop).ToTextAsync(Stop));
        Assert.Equal(4, scheduler.Statistics.Cancelled);
    }

    [Fact]
    public async Task A_full_queue_refuses_at_once_and_takes_requests_again()
    {
        using Scheduler scheduler = new(Engine, new SchedulerOptions { MaxConcurrency = 1, QueueLimit = 2 });
        ScheduledReply running = scheduler.Submit(Endless(), Stop);
        await using IAsyncEnumerator<GeneratedToken> tokens = running.GetAsyncEnumerator(Stop);
        Assert.True(await tokens.MoveNextAsync());
        ScheduledReply[] waiting = [scheduler.Submit(Endless(), Stop), scheduler.Submit(Endless(), Stop)];
        Assert.Equal(2, Assert.Throws<SchedulerFullException>(() => scheduler.Submit(Endless(), Stop)).QueueLimit);
        Assert.Equal(2, scheduler.Statistics.Waiting);
        Array.ForEach(waiting, reply => reply.Cancel());
        running.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting[1].Completion);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running.Completion);
        Assert.NotEmpty(await scheduler.Submit(new GenerationRequest { Messages = Texts.Chat("a", "b"), Options = Short }, Stop).ToTextAsync(Stop));
    }

    [Fact]
    public async Task Conversations_take_turns_and_a_higher_priority_goes_first()
    {
        using Scheduler scheduler = new(Engine, new SchedulerOptions { MaxConcurrency = 1 });
        ScheduledReply running = scheduler.Submit(Endless(), Stop);
        await using IAsyncEnumerator<GeneratedToken> tokens = running.GetAsyncEnumerator(Stop);
        Assert.True(await tokens.MoveNextAsync());
        List<string> order = [];
        (string Name, string Conversation, int Priority)[] requests = [("a1", "a", 0), ("a2", "a", 0), ("a3", "a", 0), ("b1", "b", 0), ("c1", "c", 5), ("b2", "b", 0)];
        Task[] answers =
        [
            .. requests.Select(request => Note(request.Name, scheduler.Submit(
                new GenerationRequest
                {
                    Messages = Texts.Chat("a", request.Name), Options = Short with { MaxTokens = 2 }, Conversation = request.Conversation, Priority = request.Priority,
                },
                Stop))),
        ];
        running.Cancel();
        await Task.WhenAll(answers);
        Assert.Equal(["c1", "a1", "b1", "a2", "b2", "a3"], order);

        async Task Note(string name, ScheduledReply reply)
        {
            await reply.Completion.ContinueWith(_ => { lock (order) { order.Add(name); } }, TaskContinuationOptions.ExecuteSynchronously);
        }
    }

    [Fact]
    public async Task Keys_and_values_stay_within_their_budget()
    {
        using Session session = Engine.CreateSession();
        session.Prefill([300]);
        long page = session.Diagnostics.KvBytes;
        long budget = 12 * page;
        using Scheduler scheduler = new(Engine, new SchedulerOptions { KvBudgetBytes = budget });
        ChatMessage[][] chats = [.. Enumerable.Range(0, 12).Select(i => Texts.Chat("Answer.", Texts.Sentences(50 + i, 15)))];
        int[][] expected = [.. chats.Select(chat => Alone(chat, AttentionOptions.Full))];
        ScheduledReply[] replies = [.. chats.Select(chat => scheduler.Submit(new GenerationRequest { Messages = chat, Options = Short }, Stop))];
        long most = 0;
        int active = 0;
        while (scheduler.Statistics.Completed < replies.Length)
        {
            most = Math.Max(most, scheduler.Statistics.KvBytes);
            active = Math.Max(active, scheduler.Statistics.Active);
            await Task.Delay(1, Stop);
        }

        for (int i = 0; i < replies.Length; i++)
        {
            Assert.Equal(expected[i], await IdsOf(replies[i]));
        }

        // What began together with a prompt that was kept shares none of its other pages.
        for (int round = 0; round < 4; round++)
        {
            replies = [.. chats.Take(4).Select(chat => scheduler.Submit(new GenerationRequest { Messages = chat, Options = Short }, Stop))];
            while (!replies.All(reply => reply.Completion.IsCompleted))
            {
                most = Math.Max(most, scheduler.Statistics.KvBytes);
                await Task.Yield();
            }
        }

        Assert.InRange(most, page, budget);
        Assert.InRange(active, 1, 4);
        WinnowException error = Assert.Throws<WinnowException>(() => scheduler.Submit(
            new GenerationRequest { Messages = chats[0], Options = Short with { MaxTokens = 13 * 64 } }, Stop));
        Assert.Contains("KvBudgetBytes", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_has_no_room_in_memory_comes_back_from_a_file()
    {
        string folder = Directory.CreateTempSubdirectory("winnow-spill").FullName;
        try
        {
            using (Scheduler scheduler = new(Engine, new SchedulerOptions { PrefixCacheBytes = 1, SpillDirectory = folder }))
            {
                GenerationRequest request = new() { Messages = Texts.Chat("Answer.", Texts.Sentences(21, 60)), Options = Short };
                int[] first = await IdsOf(scheduler.Submit(request, Stop));
                Assert.Equal(0, scheduler.Statistics.PrefixCacheBytes);
                Assert.InRange(scheduler.Statistics.SpilledBytes, 1, long.MaxValue);
                Assert.Single(Directory.GetFiles(folder));
                ScheduledReply again = scheduler.Submit(request, Stop);
                Assert.Equal(first, await IdsOf(again));
                Assert.Equal(again.Statistics!.PromptTokens - 1, again.Statistics.CachedTokens);
            }

            Assert.Empty(Directory.GetFiles(folder));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task A_stage_that_fails_ends_its_own_answer_alone()
    {
        using Scheduler scheduler = new(Engine);
        ScheduledReply good = scheduler.Submit(new GenerationRequest { Messages = Texts.Chat("a", "b"), Options = Short }, Stop);
        ScheduledReply bad = scheduler.Submit(
            new GenerationRequest { Messages = Texts.Chat("a", "b"), Options = Short with { Sampling = Short.Sampling with { LogitsProcessors = [new Failing()] } } }, Stop);
        Assert.NotEmpty(await good.ToTextAsync(Stop));
        Assert.Equal("no", (await Assert.ThrowsAsync<NotSupportedException>(() => bad.ToTextAsync(Stop))).Message);
        Assert.Equal(1, scheduler.Statistics.Failed);
    }

    [Fact]
    public async Task Progress_that_fails_ends_its_own_answer_alone_where_prompts_are_read_together()
    {
        using Scheduler scheduler = new(Engine);
        Assert.NotEmpty(await scheduler.Submit(new GenerationRequest { Messages = Texts.Chat("a", "b"), Options = Short }, Stop).ToTextAsync(Stop));
        int told = 0;
        GenerationOptions wrong = Short with { Progress = new Told(() => throw new NotSupportedException("no")) };
        GenerationOptions right = Short with { Progress = new Told(() => told++) };
        ScheduledReply[] replies =
        [
            .. Enumerable.Range(0, 9).Select(i => scheduler.Submit(new GenerationRequest { Messages = Texts.Chat($"{i}", $"Say {i}."), Options = i % 3 == 1 ? wrong : right }, Stop)),
        ];
        for (int i = 0; i < replies.Length; i++)
        {
            if (i % 3 == 1)
            {
                Assert.Equal("no", (await Assert.ThrowsAsync<NotSupportedException>(() => replies[i].ToTextAsync(Stop))).Message);
            }
            else
            {
                Assert.NotEmpty(await replies[i].ToTextAsync(Stop));
            }
        }

        Assert.InRange(told, 6, int.MaxValue);
        Assert.Equal(3, scheduler.Statistics.Failed);
    }

    [Fact]
    public async Task Draining_answers_what_was_taken_and_takes_no_more()
    {
        Scheduler scheduler = new(Engine);
        ScheduledReply reply = scheduler.Submit(new GenerationRequest { Messages = Texts.Chat("a", "b"), Options = Short }, Stop);
        Task drained = scheduler.DrainAsync(Stop);
        Assert.Throws<ObjectDisposedException>(() => scheduler.Submit(new GenerationRequest { Prompt = [300], Options = Short }, Stop));
        Assert.NotEmpty(await reply.ToTextAsync(Stop));
        await drained.WaitAsync(TimeSpan.FromSeconds(30), Stop);
        await scheduler.DisposeAsync();

        Scheduler ended = new(Engine, new SchedulerOptions { DrainTime = TimeSpan.FromMilliseconds(50) });
        ScheduledReply endless = ended.Submit(Endless(), Stop);
        await ended.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => endless.ToTextAsync(Stop));
    }

    [Fact]
    public async Task The_end_of_the_engine_ends_the_answers()
    {
        Engine engine = await Engine.LoadAsync(LabEngine.ModelPath, cancellationToken: Stop);
        using Scheduler scheduler = new(engine);
        ScheduledReply endless = scheduler.Submit(Endless(), Stop);
        await using IAsyncEnumerator<GeneratedToken> tokens = endless.GetAsyncEnumerator(Stop);
        Assert.True(await tokens.MoveNextAsync());
        engine.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => endless.Completion);
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await scheduler.Submit(Endless(), Stop).Completion);
    }

    [Fact]
    public void Wrong_requests_are_refused_by_name()
    {
        using Scheduler scheduler = new(Engine);
        Assert.Throws<ArgumentException>(() => scheduler.Submit(new GenerationRequest(), Stop));
        Assert.Throws<ArgumentException>(() => scheduler.Submit(new GenerationRequest { Prompt = [], Options = Short }, Stop));
        Assert.Throws<ContextOverflowException>(() => scheduler.Submit(new GenerationRequest { Prompt = new int[Engine.Model.ContextLength], Options = Short }, Stop));
        Assert.Contains("messages", Assert.Throws<ArgumentException>(() => scheduler.Submit(
            new GenerationRequest { Prompt = [300], Options = Short with { FullContext = FullContextPolicy.DropOldestMessages } }, Stop)).Message, StringComparison.Ordinal);
        Assert.Equal("MaxConcurrency", Assert.Throws<ArgumentOutOfRangeException>(() => new SchedulerOptions { MaxConcurrency = 0 }).ParamName);
        Assert.Equal("PromptSlice", Assert.Throws<ArgumentOutOfRangeException>(() => new SchedulerOptions { PromptSlice = TimeSpan.Zero }).ParamName);
    }

    [Fact]
    public async Task A_full_context_is_shifted_as_in_a_session_alone()
    {
        SessionOptions small = new() { ContextLength = 96 };
        GenerationOptions shift = Short with { MaxTokens = 150, FullContext = FullContextPolicy.Shift, KeptTokens = 10, IgnoreEndOfGeneration = true };
        int[] prompt = [.. Enumerable.Range(0, 40).Select(i => 300 + i)];
        using Session session = Engine.CreateSession(small);
        int[] alone = [.. session.Generate(prompt, shift, Stop).Select(token => token.Id)];
        Assert.Equal(150, alone.Length);
        Assert.InRange(session.LastGeneration!.ShiftedTokens, 100, 200);
        Assert.Equal(prompt[..10], session.Tokens.Take(10));
        using Scheduler scheduler = new(Engine, new SchedulerOptions { Session = small });
        ScheduledReply reply = scheduler.Submit(new GenerationRequest { Prompt = prompt, Options = shift }, Stop);
        Assert.Equal(alone, await IdsOf(reply));
        Assert.Equal(session.LastGeneration.ShiftedTokens, reply.Statistics!.ShiftedTokens);
    }

    private static GenerationRequest Endless() => new()
    {
        Messages = Texts.Chat("a", "Go on."),
        Options = new GenerationOptions { Sampling = SamplingOptions.Greedy, IgnoreEndOfGeneration = true, MaxTokens = 4000 },
    };

    private static int Shared(IReadOnlyList<int> one, IReadOnlyList<int> other) => one.Zip(other).TakeWhile(pair => pair.First == pair.Second).Count();

    private static async Task<int[]> IdsOf(ScheduledReply reply)
    {
        List<int> ids = [];
        await foreach (GeneratedToken token in reply.WithCancellation(Stop))
        {
            ids.Add(token.Id);
        }

        return [.. ids];
    }

    private int[] Alone(ChatMessage[] chat, AttentionOptions attention)
    {
        using Session session = Engine.CreateSession(new SessionOptions { Attention = attention });
        return [.. session.Generate(chat, Short, Stop).Select(token => token.Id)];
    }

    private sealed class Told(Action act) : IProgress<PrefillProgress>
    {
        public void Report(PrefillProgress value) => act();
    }

    private sealed class Failing : ILogitsProcessor
    {
        public void Process(ReadOnlySpan<int> tokens, Span<float> logits) => throw new NotSupportedException("no");
    }
}
