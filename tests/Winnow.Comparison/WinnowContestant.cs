using Winnow.Generation;
using Winnow.Sampling;
using Winnow.Scheduling;

namespace Winnow.Comparison;

/// <summary>Winnow's scheduler.</summary>
internal sealed class WinnowContestant(Workload work) : IContestant
{
    private readonly Engine _engine = Engine.Load(work.Model, new EngineOptions { Threads = Workload.Threads });

    private readonly GenerationOptions _options = new()
    {
        MaxTokens = work.AnswerTokens, IgnoreEndOfGeneration = true, RepetitionLimit = 0, Sampling = SamplingOptions.Greedy,
    };

    public async Task AnswerAsync(int conversations, Action onFirst)
    {
        int[][] prompts = [.. Enumerable.Range(0, conversations).Select(_ => work.Prompt(_engine.Model.VocabularySize))];
        using Scheduler scheduler = new(_engine, new SchedulerOptions { Session = new SessionOptions { ContextLength = Workload.ContextTokens } });
        int begun = 0;
        await Task.WhenAll(prompts.Select(async prompt =>
        {
            bool isFirst = true;
            await foreach (GeneratedToken _ in scheduler.Submit(new GenerationRequest { Prompt = prompt, Options = _options }))
            {
                if (isFirst && Interlocked.Increment(ref begun) == conversations)
                {
                    onFirst();
                }

                isFirst = false;
            }
        }));
    }

    public void Dispose() => _engine.Dispose();
}
