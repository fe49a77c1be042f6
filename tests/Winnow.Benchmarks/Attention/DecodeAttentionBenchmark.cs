using BenchmarkDotNet.Attributes;
using Winnow.Compute;
using Winnow.Compute.Host.Selection;

namespace Winnow.Benchmarks.Attention;

/// <summary>One layer of a decode step: every row, every row with its mass, and 1,024 rows as pages or one by one.</summary>
public class DecodeAttentionBenchmark : AttentionBenchmark
{
    private const int Budget = 1024;

    private AttentionPlan _pages = null!;
    private AttentionPlan _rows = null!;

    [Params(4096, 16384)]
    public override int Depth { get; set; }

    protected override int Tokens => 1;

    protected override int Layers => 16;

    [Benchmark(Baseline = true)]
    public void Dense() => Stream.Attend(Shape, Queries, NextLayer(), Depth - 1, AttentionPlan.All, isStep: true, Output);

    [Benchmark]
    public void DenseWithMass() => Stream.Attend(Shape, Queries, NextLayer(), Depth - 1, AttentionPlan.All, isStep: true, Output, Mass);

    [Benchmark]
    public void SharedPages() => Stream.Attend(Shape, Queries, NextLayer(), Depth - 1, _pages, isStep: true, Output);

    [Benchmark]
    public void RowsOfEachKvHead() => Stream.Attend(Shape, Queries, NextLayer(), Depth - 1, _rows, isStep: true, Output);

    protected override void Prepare(Random random)
    {
        _pages = Plan(random, AttentionPlanKind.Shared, 1, pageTokens: 16);
        _rows = Plan(random, AttentionPlanKind.PerKvHead, Shape.KvHeads, pageTokens: 1);
    }

    private HostPlan Plan(Random random, AttentionPlanKind kind, int lists, int pageTokens)
    {
        HostPlan plan = new(kind, lists);
        TopRows top = new();
        float[] scores = new float[Depth / pageTokens];
        int[] pages = new int[Budget / pageTokens];
        for (int list = 0; list < lists; list++)
        {
            foreach (ref float score in scores.AsSpan())
            {
                score = random.NextSingle();
            }

            top.Select(scores, pages);
            Span<int> rows = plan.Resize(list, Budget);
            for (int i = 0; i < Budget; i++)
            {
                rows[i] = (pages[i / pageTokens] * pageTokens) + (i % pageTokens);
            }
        }

        return plan;
    }
}
