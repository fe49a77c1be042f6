using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Winnow.Generation;
using Winnow.Sampling;
using Winnow.Tests.Models;

namespace Winnow.Tests.Generation;

/// <summary>
/// Sessions that are generated from, forked, cut, cancelled and disposed at random, until their engine is disposed under them.
/// <c>WINNOW_STRESS_SECONDS</c> says for how long, <c>WINNOW_STRESS_SEED</c> repeats a run.
/// </summary>
public sealed class StressTests(ITestOutputHelper output)
{
    private const int Sessions = 64;
    private const int AnswerTokens = 12;
    private static readonly GenerationOptions Greedy = new() { MaxTokens = AnswerTokens, Sampling = SamplingOptions.Greedy, IgnoreEndOfGeneration = true };
    private static readonly int[][] Prompts = [.. Enumerable.Range(0, 8).Select(i => Enumerable.Range(0, 1 + (i * i * 8)).Select(j => 3 + (((i / 2 * 7) + j) % 300)).ToArray())];

    [Fact]
    public void Sessions_that_are_disturbed_at_random_answer_as_if_each_were_alone()
    {
        TimeSpan duration = TimeSpan.FromSeconds(Setting("WINNOW_STRESS_SECONDS") ?? 3);
        int seed = Setting("WINNOW_STRESS_SEED") ?? Environment.TickCount;
        output.WriteLine($"seed {seed}");
        int[][] answers = Answer();
        Stopwatch watch = Stopwatch.StartNew();
        for (int round = 0; round == 0 || watch.Elapsed < duration; round++)
        {
            int completed = RunRound(answers, seed + (round * Sessions));
            Assert.True(completed > 0, $"no answer was completed in round {round}");
        }
    }

    private static int? Setting(string name) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? int.Parse(value, CultureInfo.InvariantCulture) : null;

    /// <summary>What a session of its own says to each prompt.</summary>
    private static int[][] Answer()
    {
        using Engine engine = Engine.Load(TinyModels.Path("llama"), new EngineOptions { Threads = 1 });
        return [.. Prompts.Select(prompt =>
        {
            using Session session = engine.CreateSession();
            return session.Generate(prompt, Greedy).Select(token => token.Id).ToArray();
        })];
    }

    /// <summary>One engine's life; returns how many answers were completed.</summary>
    private static int RunRound(int[][] answers, int seed)
    {
        Engine engine = Engine.Load(TinyModels.Path("llama"), new EngineOptions { Threads = 1 + (seed & 1) });
        ConcurrentQueue<Exception> failures = [];
        int completed = 0;
        Thread[] users = [.. Enumerable.Range(0, Sessions).Select(i => new Thread(() =>
        {
            try
            {
                User user = new(engine, answers, new Random(seed + i), () => Interlocked.Increment(ref completed));
                user.Run();
            }
            catch (Exception e)
            {
                failures.Enqueue(e);
            }
        }))];
        Array.ForEach(users, user => user.Start());
        SpinWait.SpinUntil(() => Volatile.Read(ref completed) >= 2 * Sessions || !failures.IsEmpty);
        engine.Dispose();
        Array.ForEach(users, user => user.Join());
        Assert.Empty(failures);
        return completed;
    }

    private sealed class User(Engine engine, int[][] answers, Random random, Action completed)
    {
        private Session _session = null!;

        /// <summary>Goes on until the engine is disposed.</summary>
        public void Run()
        {
            try
            {
                _session = engine.CreateSession();
                while (true)
                {
                    Disturb();
                    Generate(CancellationToken.None);
                }
            }
            catch (ObjectDisposedException) when (engine.Lifetime.IsEnding)
            {
                // As it must be.
            }
            finally
            {
                _session?.Dispose();
            }
        }

        private void Disturb()
        {
            switch (random.Next(6))
            {
                case 0:
                    _session.Truncate(random.Next(_session.Tokens.Count + 1));
                    break;
                case 1:
                    Session parent = _session;
                    _session = parent.Fork();
                    parent.Dispose();
                    break;
                case 2:
                    using (Session fork = _session.Fork())
                    {
                        fork.Diagnostics.Step(random.Next(300));
                    }

                    break;
                case 3:
                    using (CancellationTokenSource stop = new(random.Next(3)))
                    {
                        try
                        {
                            Generate(stop.Token);
                        }
                        catch (OperationCanceledException) when (stop.IsCancellationRequested)
                        {
                            // The session stays usable.
                        }
                    }

                    break;
                case 4:
                    DisposeWhileItGenerates();
                    break;
                default:
                    break;
            }
        }

        private void DisposeWhileItGenerates()
        {
            Session session = _session;
            Thread disposer = new(session.Dispose);
            try
            {
                disposer.Start();
                Generate(CancellationToken.None);
            }
            catch (ObjectDisposedException)
            {
                // Or it was faster.
            }
            finally
            {
                disposer.Join();
                Assert.Throws<ObjectDisposedException>(() => session.Diagnostics.Step(3));
            }

            _session = engine.CreateSession();
        }

        private void Generate(CancellationToken cancellation)
        {
            int prompt = random.Next(Prompts.Length);
            int[] answer = random.Next(2) == 0
                ? [.. _session.Generate(Prompts[prompt], Greedy, cancellation).Select(token => token.Id)]
                : [.. _session.GenerateAsync(Prompts[prompt], Greedy, cancellation).Select(token => token.Id).ToBlockingEnumerable(cancellation)];
            Assert.Equal(answers[prompt], answer);
            completed();
        }
    }
}
