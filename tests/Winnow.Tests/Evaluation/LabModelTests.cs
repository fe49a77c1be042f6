using Winnow.Attention;
using Winnow.Cli;
using Winnow.Cli.Chat;
using Winnow.Compute;
using Winnow.Generation;
using Winnow.Lab.Evaluation;

namespace Winnow.Tests.Evaluation;

/// <summary>The parts together on the lab model, with cases that take seconds.</summary>
public sealed class LabModelTests : IDisposable
{
    /// <summary>More than any of these prompts: methods that must change nothing.</summary>
    private const string WholeBudget = "recycled:k=100000,stride=3";

    private readonly Engine _engine = Engine.Load(BundledModel.Find(), new EngineOptions { Threads = 2 });

    public void Dispose() => _engine.Dispose();

    [Fact]
    public void Generated_cases_have_the_length_that_the_model_counts()
    {
        CaseGenerator generator = new(_engine, ExampleDocument.Create(1).Text);
        foreach (string task in generator.Tasks.Where(task => task != "passage_copy"))
        {
            EvaluationCase item = generator.Create(task, 1024, count: 1, seed: 2).Single();
            int[] ids = _engine.Tokenizer.Encode(item.Prompt, addSpecial: true, parseSpecial: true);

            Assert.Equal(ids.Length, item.LengthTokens);
            Assert.InRange(item.LengthTokens + item.OutputTokens, 1024 - 64, 1024);
            Assert.Equal(_engine.Tokenizer.BosId, ids[0]);
            Assert.Equal(1, ids.Count(id => id == _engine.Tokenizer.BosId));
            Assert.StartsWith("<|im_start|>user\n", item.Prompt, StringComparison.Ordinal);
            Assert.EndsWith("<|im_start|>assistant\n", item.Prompt, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Methods_with_the_whole_budget_answer_like_full_attention_and_a_random_choice_reads_less()
    {
        EvaluationCase[] cases = [.. new CaseGenerator(_engine, ExampleDocument.Create(3).Text).Create("niah_single", 700, count: 2, seed: 4)];
        List<RulerOutcome> seen = [];

        IReadOnlyList<RulerResult> results = new Ruler(_engine, Parse("full", WholeBudget, "random:budget=64")).Run(cases, seen.Add);

        Assert.Equal(3, results.Count);
        Assert.Equal(6, seen.Count);
        Assert.Equal(results[0].Total.Outcomes.Select(outcome => outcome.Output), results[1].Total.Outcomes.Select(outcome => outcome.Output));
        Assert.Equal(1, results[0].Total.AttendedFraction);
        Assert.Equal(1, results[1].Total.AttendedFraction);
        Assert.InRange(results[2].Total.AttendedFraction, 0.01, 0.25);
        Assert.All(results[0].Total.Outcomes, outcome => Assert.Equal(outcome.Case.LengthTokens, outcome.PromptTokens));
        Assert.All(seen, outcome => Assert.True(outcome.Prefill > TimeSpan.Zero && outcome.KvResidentBytes > 0 && outcome.DecodeSteps < outcome.Case.OutputTokens));
    }

    [Fact]
    public void A_method_answers_the_same_whether_it_shares_the_prompt_with_others_or_not()
    {
        EvaluationCase[] cases = [.. new CaseGenerator(_engine, ExampleDocument.Create(5).Text).Create("niah_multikey", 700, count: 1, seed: 6)];
        string[] methods = ["recycled:k=128,stride=8", "delta:budget=128", "snapkv:budget=128"];

        IReadOnlyList<RulerResult> together = new Ruler(_engine, Parse(methods)).Run(cases);

        for (int i = 0; i < methods.Length; i++)
        {
            RulerResult alone = new Ruler(_engine, Parse(methods[i])).Run(cases)[0];
            Assert.Equal(alone.Total.Outcomes[0].Output, together[i].Total.Outcomes[0].Output);
            Assert.Equal(alone.Total.Outcomes[0].AttendedRows, together[i].Total.Outcomes[0].AttendedRows);
        }
    }

    [Fact]
    public void Cases_beyond_the_context_are_left_out_and_counted()
    {
        EvaluationCase[] cases = [.. new CaseGenerator(_engine, ExampleDocument.Create(7).Text).Create("niah_single", 600, count: 1, seed: 8)];

        RulerResult result = new Ruler(_engine, Parse("full"), new SessionOptions { ContextLength = 512 }).Run(cases)[0];

        Assert.Equal((0, 1), (result.Total.Count, result.Skipped));
    }

    [Fact]
    public void A_run_can_be_cancelled()
    {
        EvaluationCase[] cases = [.. new CaseGenerator(_engine, ExampleDocument.Create(7).Text).Create("niah_single", 600, count: 3, seed: 8)];
        using CancellationTokenSource cancel = new();
        List<RulerOutcome> seen = [];

        Assert.Throws<OperationCanceledException>(() => new Ruler(_engine, Parse("full")).Run(
            cases,
            outcome =>
            {
                seen.Add(outcome);
                cancel.Cancel();
            },
            cancellationToken: cancel.Token));
        Assert.Single(seen);
    }

    [Fact]
    public void The_whole_budget_is_at_no_distance_from_full_attention_and_a_window_is()
    {
        int[] ids = _engine.Tokenizer.Encode(ExampleDocument.Create(9).Text, addSpecial: true);
        using MethodComparison comparison = new(_engine, Parse(WholeBudget, "streaming:sinks=4,window=60"));

        comparison.Add(ids[..400], ids[400..420]);
        comparison.Add(ids[..300], ids[300..310]);

        ComparisonResult whole = comparison.Results[0];
        Assert.Equal((30, 0, 0, 1, 1), (whole.Tokens, whole.MeanDivergence, whole.Divergence99, whole.TopOneAgreement, whole.AttendedFraction));
        Assert.All(whole.RecoveredMass, mass => Assert.Equal(1, mass, 5));
        Assert.All(whole.TopRecall, recall => Assert.Equal(1, recall));
        ComparisonResult window = comparison.Results[1];
        Assert.True(window.MeanDivergence > 1e-4 && window.Divergence99 >= window.MeanDivergence, $"{window.MeanDivergence}");
        Assert.InRange(window.AttendedFraction, 0.1, 0.25);
        Assert.Equal(_engine.Model.Layers, window.RecoveredMass.Count);
        Assert.All(window.RecoveredMass, mass => Assert.InRange(mass, 0.01, 0.9999));
        Assert.All(window.TopRecall, recall => Assert.InRange(recall, 0.05, 0.95));
    }

    [Fact]
    public void Recovered_mass_equals_the_mass_that_the_kernel_reports_for_a_plan()
    {
        // The same plan through the dense observation and by hand: rows 0 to 3 and the last 60.
        int[] ids = _engine.Tokenizer.Encode(ExampleDocument.Create(9).Text, addSpecial: true);
        using Session session = _engine.CreateSession(new SessionOptions { Attention = AttentionOptions.Parse("streaming:sinks=4,window=60") });
        session.Prefill(ids[..200]);
        using RecoveredMass recovered = new(_engine.Model.Layers);
        double[] byHand = new double[_engine.Model.Layers];
        session.PlanObserver = (in AttentionCall call, AttentionPlan plan) =>
        {
            recovered.Observe(call, plan);
            int length = call.Length;
            Matrix mass = _engine.Device.AllocateMatrix(call.Shape.QueryHeads, length);
            call.Stream.AttentionMass(call.Shape, call.Queries, call.Cache, call.FirstPosition, mass);
            float[] host = new float[call.Shape.QueryHeads * length];
            call.Stream.Read(mass, host);
            mass.Buffer.Dispose();
            byHand[call.Layer] = host.Where((_, i) => i % length < 4 || i % length >= length - 60).Sum(value => (double)value) / call.Shape.QueryHeads;
        };

        session.Diagnostics.Step(ids[200]);

        Assert.Equal(byHand, recovered.ByLayer.Select(mass => mass), (a, b) => Math.Abs(a - b) < 1e-6);
    }

    [Fact]
    public void Perplexity_token_by_token_equals_perplexity_in_one_window()
    {
        int[] ids = _engine.Tokenizer.Encode(ExampleDocument.Create(11).Text, addSpecial: true)[..160];
        using Session session = _engine.CreateSession();

        PerplexityResult window = Perplexity.Measure(session, ids, window: 160, stride: 160);
        PerplexityResult steps = Perplexity.MeasureDecoding(session, ids, promptTokens: 1);
        using Session method = _engine.CreateSession(new SessionOptions { Attention = AttentionOptions.Parse(WholeBudget) });
        PerplexityResult whole = Perplexity.MeasureDecoding(method, ids, promptTokens: 1);

        Assert.Equal(159, window.Tokens);
        Assert.Equal(159, steps.Tokens);
        // Prompts and steps quantize activations alike but sum in another order.
        Assert.Equal(window.MeanNegativeLogLikelihood, steps.MeanNegativeLogLikelihood, 2e-3);
        Assert.Equal(steps, whole);
    }

    [Fact]
    public void Perplexity_scores_only_what_follows_the_prompt()
    {
        int[] ids = _engine.Tokenizer.Encode(ExampleDocument.Create(11).Text, addSpecial: true)[..64];
        using Session session = _engine.CreateSession(new SessionOptions { ContextLength = 64 });

        Assert.Equal(4, Perplexity.MeasureDecoding(session, ids, promptTokens: 60).Tokens);
        Assert.Equal(1, Perplexity.MeasureDecoding(session, ids, promptTokens: 63).Tokens);
        Assert.Throws<ArgumentOutOfRangeException>(() => Perplexity.MeasureDecoding(session, ids, promptTokens: 64));
        Assert.Throws<ContextOverflowException>(() => Perplexity.MeasureDecoding(session, [.. ids, 5], promptTokens: 10));
    }

    private static AttentionOptions[] Parse(params string[] specifications) => [.. specifications.Select(AttentionOptions.Parse)];
}
