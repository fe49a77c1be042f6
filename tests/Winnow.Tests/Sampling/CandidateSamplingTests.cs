using Winnow.Compute;
using Winnow.Compute.Cpu;
using Winnow.Sampling;

namespace Winnow.Tests.Sampling;

/// <summary>What a sampler chooses from the most probable tokens is what it chooses from all logits.</summary>
public sealed class CandidateSamplingTests
{
    public static TheoryData<string, SamplingOptions> Options => new()
    {
        { "defaults", new SamplingOptions { Seed = 3 } },
        { "greedy", SamplingOptions.Greedy with { Seed = 1 } },
        { "one", new SamplingOptions { Seed = 1, TopK = 1 } },
        { "flat", new SamplingOptions { Seed = 5, TopK = 200, TopP = 1, MinP = 0, Temperature = 2 } },
        { "typical", new SamplingOptions { Seed = 6, TypicalP = 0.7f, XtcProbability = 0.5f, XtcThreshold = 0.05f, DynamicTemperatureRange = 0.3f } },
    };

    [Theory]
    [MemberData(nameof(Options))]
    public void Candidates_of_a_device_are_enough(string name, SamplingOptions options)
    {
        using CpuDevice device = new(new CpuDeviceOptions { Threads = 1 });
        using ComputeStream stream = device.CreateStream();
        Matrix row = device.AllocateMatrix(1, 1000);
        using DeviceBuffer buffer = row.Buffer;
        Sampler all = new(options);
        Sampler few = new(options);
        int wanted = few.CandidatesNeeded ?? throw new InvalidOperationException(name);
        int[] ids = new int[wanted];
        float[] values = new float[wanted];
        float[] scratch = [];
        Random random = new(11);
        for (int step = 0; step < 60; step++)
        {
            // Coarse numbers, so that there are ties; the lower id wins them.
            float[] logits = [.. Enumerable.Range(0, 1000).Select(_ => MathF.Round(random.NextSingle() * 40) / 4)];
            stream.Write(logits, row);
            int count = stream.ReadGreatest(row, ids, values, ref scratch);
            Assert.Equal([.. Enumerable.Range(0, 1000).OrderByDescending(id => logits[id]).ThenBy(id => id).Take(wanted)], ids);
            Assert.Equal(few.Sample(ids.AsSpan(0, count), values.AsSpan(0, count)), all.Sample(logits));
        }
    }

    [Theory]
    [InlineData("bias")]
    [InlineData("penalty")]
    [InlineData("dry")]
    [InlineData("mirostat")]
    [InlineData("sigma")]
    [InlineData("probabilities")]
    [InlineData("processor")]
    [InlineData("all tokens")]
    public void Options_that_look_at_every_logit_refuse_candidates(string what)
    {
        Sampler sampler = new(what switch
        {
            "bias" => new SamplingOptions { LogitBias = new Dictionary<int, float> { [7] = 3 } },
            "penalty" => new SamplingOptions { RepeatPenalty = 1.1f },
            "dry" => new SamplingOptions { DryMultiplier = 0.8f },
            "mirostat" => new SamplingOptions { Mirostat = 2 },
            "sigma" => new SamplingOptions { TopNSigma = 1 },
            "probabilities" => new SamplingOptions { LogProbabilities = true },
            "processor" => new SamplingOptions { LogitsProcessors = [new Never(3)] },
            _ => new SamplingOptions { TopK = 0 },
        });
        Assert.Null(sampler.CandidatesNeeded);
        Assert.Throws<InvalidOperationException>(() => sampler.Sample([1], [2f]));
    }

    [Fact]
    public void A_processor_sees_the_text_and_rules_tokens_out()
    {
        Counting processor = new();
        Sampler sampler = new(SamplingOptions.Greedy with { LogitsProcessors = [processor, new Never(2)] });
        sampler.AcceptPrompt([5, 6]);
        Assert.Equal(1, sampler.Sample([0f, 3f, 9f, 1f]));
        sampler.Accept(1);
        Assert.Equal(1, sampler.Sample([0f, 3f, 9f, 1f]));
        Assert.Empty(processor.Seen);
        Assert.Equal([2, 3], processor.Begun!.Seen);
        sampler.Reset();
        Assert.Equal(1, sampler.Sample([0f, 3f, 9f, 1f]));
        Assert.Equal([0], processor.Begun!.Begun!.Seen);
    }

    private sealed class Never(int token) : ILogitsProcessor
    {
        public void Process(ReadOnlySpan<int> tokens, Span<float> logits) => logits[token] = float.NegativeInfinity;
    }

    /// <summary>Keeps how long the text was at each call, for each text by itself.</summary>
    private sealed class Counting : ILogitsProcessor
    {
        public List<int> Seen { get; } = [];

        public Counting? Begun { get; private set; }

        public void Process(ReadOnlySpan<int> tokens, Span<float> logits) => Seen.Add(tokens.Length);

        public ILogitsProcessor Begin() => Begun = new Counting();
    }
}
