using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Winnow.Generation;
using Winnow.Sampling;
using Winnow.Scheduling;
using Winnow.Templates;

namespace Winnow.Apps.Tests;

/// <summary>
/// 64 conversations at once that cancel, leave and fork at random. Short as it is; <c>WINNOW_STRESS_SECONDS=60</c> makes it long, and then it
/// looks at times and memory too.
/// </summary>
public sealed class StressTests(LabEngine lab, ITestOutputHelper output) : IClassFixture<LabEngine>
{
    private const int Conversations = 64;
    private const int TurnsOfConversation = 5;
    private const int FewestTurns = 2;
    private const int MostCompared = 48;

    private static readonly GenerationOptions Options = new() { MaxTokens = 10, Sampling = SamplingOptions.Greedy, IgnoreEndOfGeneration = true };
    private static readonly int? LongSeconds = int.TryParse(Environment.GetEnvironmentVariable("WINNOW_STRESS_SECONDS"), CultureInfo.InvariantCulture, out int seconds) ? seconds : null;
    private static readonly string System = Texts.Sentences(12345, 12);

    private readonly ConcurrentBag<(ChatMessage[] Messages, string Reply)> _replies = [];
    private readonly ConcurrentBag<double> _firstTurns = [];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Replies_are_those_of_a_serial_run_whatever_else_goes_on()
    {
        TimeSpan time = TimeSpan.FromSeconds(LongSeconds ?? 2);
        int threadsBefore = ThreadCount();
        int mostThreads = 0;
        List<long> memory = [];
        SchedulerOptions options = new() { KvBudgetBytes = 1L << 30, PrefixCacheBytes = 512L << 20 };
        if (LongSeconds is not null)
        {
            // Where times are compared, the first turns are not to be those that are compiled.
            await using Scheduler first = new(lab.Engine, options);
            await Task.WhenAll(Enumerable.Range(0, Conversations).Select(i => TalkAsync(first, i, () => false)));
            _firstTurns.Clear();
        }

        await using (Scheduler scheduler = new(lab.Engine, options))
        {
            Stopwatch watch = Stopwatch.StartNew();
            Task[] talks = [.. Enumerable.Range(0, Conversations).Select(i => TalkAsync(scheduler, i, () => watch.Elapsed < time))];
            Task all = Task.WhenAll(talks);
            while (await Task.WhenAny(all, Task.Delay(200, Stop)) != all)
            {
                mostThreads = Math.Max(mostThreads, ThreadCount());
                memory.Add(Environment.WorkingSet);
            }

            await all;
            SchedulerStatistics sum = scheduler.Statistics;
            output.WriteLine($"{sum}");
            Assert.Equal(0, sum.Failed);
            Assert.Equal(0, sum.Active + sum.Waiting);
            Assert.InRange(sum.KvBytes, 1, options.KvBudgetBytes!.Value);
        }

        Assert.InRange(mostThreads, 0, threadsBefore + 32);
        double[] times = [.. _firstTurns.Order()];
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{_replies.Count} replies; first turns, seconds: median {times[times.Length / 2]:F2}, slowest {times[^1]:F2}; threads {threadsBefore} to {mostThreads}; memory, MiB: {string.Join(' ', memory.Where((_, i) => i % 10 == 0).Select(bytes => bytes >> 20))}"));
        if (LongSeconds is not null)
        {
            Assert.InRange(times[^1], 0, 2 * times[times.Length / 2]);
            Assert.InRange(memory[^1], 0, 5 * memory[memory.Count / 2] / 4);
        }

        Compare();
    }

    /// <summary>A user who talks, changes his mind, goes away, and comes back to an earlier point.</summary>
    private async Task TalkAsync(Scheduler scheduler, int user, Func<bool> goesOn)
    {
        Random random = new(user);
        for (int conversation = 0; conversation == 0 || goesOn(); conversation++)
        {
            List<ChatMessage> messages = [new("system", System)];
            for (int turn = 0; turn < TurnsOfConversation && (turn < FewestTurns || goesOn()); turn++)
            {
                messages.Add(new ChatMessage("user", $"{user} {conversation} {turn}: {Texts.Sentences((user * 1000) + (conversation * 10) + turn, 1)}"));
                GenerationRequest request = new() { Messages = [.. messages], Options = Options, Conversation = $"{user}" };
                long start = Stopwatch.GetTimestamp();
                switch (turn == 0 ? 0 : random.Next(6))
                {
                    case 1:
                        // Cancels after a while, wherever that is.
                        using (CancellationTokenSource soon = new(random.Next(1, 400)))
                        {
                            await Record.ExceptionAsync(() => scheduler.Submit(request, soon.Token).ToTextAsync(Stop));
                        }

                        messages.RemoveAt(messages.Count - 1);
                        break;
                    case 2:
                        // Goes away in the middle of an answer.
                        int tokens = random.Next(1, 9);
                        await foreach (GeneratedToken token in scheduler.Submit(request, Stop).WithCancellation(Stop))
                        {
                            if (--tokens == 0)
                            {
                                break;
                            }
                        }

                        messages.RemoveAt(messages.Count - 1);
                        break;
                    case 3:
                        // Asks two things at the same point, and goes on with one of them.
                        ChatMessage[] other = [.. messages.SkipLast(1), new("user", $"{user} {conversation} {turn} otherwise?")];
                        Task<string> branch = AskAsync(scheduler, request with { Messages = other });
                        messages.Add(new ChatMessage("assistant", await AskAsync(scheduler, request)));
                        await branch;
                        break;
                    default:
                        messages.Add(new ChatMessage("assistant", await AskAsync(scheduler, request)));
                        break;
                }

                if (turn == 0)
                {
                    _firstTurns.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
                }
            }
        }
    }

    private async Task<string> AskAsync(Scheduler scheduler, GenerationRequest request)
    {
        string reply = await scheduler.Submit(request, Stop).ToTextAsync(Stop);
        _replies.Add(([.. request.Messages!], reply));
        return reply;
    }

    /// <summary>Asks all of it again, one after the other; each conversation in a session of its own.</summary>
    private void Compare()
    {
        Random random = new(1);
        (ChatMessage[] Messages, string Reply)[] replies = [.. _replies];
        random.Shuffle(replies);
        foreach ((ChatMessage[] messages, string reply) in replies.Take(LongSeconds is null ? MostCompared : int.MaxValue))
        {
            using Session session = lab.Engine.CreateSession();
            string last = "";
            for (int i = 1; i < messages.Length; i += 2)
            {
                last = string.Concat(session.Generate([.. messages.Take(i + 1)], Options, Stop).Select(token => token.Text));
                if (i + 1 < messages.Length)
                {
                    Assert.Equal(messages[i + 1].Content, last);
                }
            }

            Assert.Equal(last, reply);
        }
    }

    private static int ThreadCount()
    {
        using Process process = Process.GetCurrentProcess();
        return process.Threads.Count;
    }
}
