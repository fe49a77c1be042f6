using BenchmarkDotNet.Attributes;
using Winnow.Sampling;

namespace Winnow.Benchmarks.Sampling;

/// <summary>The time of one token over the vocabulary of Llama 3, its copy of the logits included.</summary>
[MemoryDiagnoser]
public class SamplerBenchmarks
{
    private const int Vocabulary = 128_256;
    private readonly float[] logits = new float[Vocabulary];
    private readonly float[] buffer = new float[Vocabulary];
    private Sampler sampler = null!;

    [Params("default", "greedy", "penalties+dry", "top-n-sigma", "no top-k", "min-p only", "mirostat", "log-probabilities")]
    public string Chain { get; set; } = "default";

    [GlobalSetup]
    public void Setup()
    {
        Random random = new(1);
        for (int i = 0; i < Vocabulary; i++)
        {
            double radius = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble()));
            logits[i] = (float)(2.5 * radius * Math.Cos(2 * Math.PI * random.NextDouble()));
        }

        SamplingOptions options = new() { Seed = 1 };
        sampler = new Sampler(Chain switch
        {
            "greedy" => SamplingOptions.Greedy,
            "penalties+dry" => options with { RepeatPenalty = 1.1f, DryMultiplier = 0.8f },
            "top-n-sigma" => options with { TopNSigma = 1 },
            "no top-k" => options with { TopK = 0 },
            "min-p only" => options with { TopK = 0, TopP = 1 },
            "mirostat" => options with { Mirostat = 2 },
            "log-probabilities" => options with { LogProbabilities = true },
            _ => options,
        });
    }

    [Benchmark]
    public int Token()
    {
        logits.CopyTo(buffer, 0);
        int token = sampler.Sample(buffer);
        if (sampler.Options.LogProbabilities)
        {
            sampler.LogProbability(token);
        }

        sampler.Accept(token);
        return token;
    }
}
