using Winnow.Attention;
using Winnow.Attention.TokenSparse;
using Winnow.Calibration;
using Winnow.Compute;
using Winnow.Compute.Cpu;
using Winnow.Generation;
using Winnow.Tensors;

namespace Winnow.Tests.Attention;

/// <summary>Section 10 of the brief on token-sparse attention: which tokens each head keeps, and what comes out.</summary>
public class TokenSparseAttentionTests
{
    private const int Prompt = 120;
    private const int Window = 12;
    private const int Pool = 5;
    private const int QueryHeads = 4;

    [Theory]
    [InlineData(0.05f, 10)]
    [InlineData(0.3f, 10)]
    [InlineData(0.3f, 70)]
    [InlineData(0.9f, 0)]
    public void Outputs_are_those_of_a_slow_masked_float64_computation(float coverage, int minimum)
    {
        using AttentionRig rig = Rig(new TokenSparseAttention { Coverage = coverage, Window = Window, Pool = Pool, Minimum = minimum, Layers = [1], From = 0 });
        float[][] outputs = rig.Prompt(Prompt);
        int[][] kept = Select(rig, 1, coverage, minimum, out _);
        for (int head = 0; head < QueryHeads; head++)
        {
            Check(rig, outputs[0], layer: 0, head, [.. Enumerable.Range(0, Prompt)]);
            Check(rig, outputs[1], layer: 1, head, kept[head]);
        }
    }

    [Theory]
    [InlineData(0.1f)]
    [InlineData(0.5f)]
    public void Each_head_keeps_as_many_tokens_all_of_the_window_and_what_is_dropped_weighs_less_than_tau(float coverage)
    {
        using AttentionRig rig = Rig(new TokenSparseAttention { Coverage = coverage, Window = Window, Pool = Pool, Minimum = 0, Layers = [0], From = 0 });
        rig.Prompt(Prompt);
        AttentionPlan plan = Plan(rig, new TokenSparseAttention { Coverage = coverage, Window = Window, Pool = Pool, Minimum = 0, Layers = [0], From = 0 });
        int[][] expected = Select(rig, 0, coverage, 0, out double dropped);
        Assert.Equal(AttentionPlanKind.PerQueryHead, plan.Kind);
        Assert.True(plan.SelectsQueries);
        for (int head = 0; head < QueryHeads; head++)
        {
            int[] rows = plan.Rows(head).ToArray();
            Assert.Equal(expected[head], rows);
            Assert.Equal(plan.Rows(0).Length, rows.Length);
            Assert.Equal(rows.Distinct().Order(), rows);
            Assert.Equal(Enumerable.Range(Prompt - Window, Window), rows[^Window..]);
        }

        Assert.InRange(dropped, 0, coverage);
    }

    [Fact]
    public void A_larger_tau_never_keeps_more()
    {
        using AttentionRig rig = Rig(new TokenSparseAttention { Coverage = 0, From = 0 });
        rig.Prompt(Prompt);
        int before = Prompt;
        foreach (float coverage in new[] { 0.001f, 0.01f, 0.1f, 0.3f, 0.6f, 0.99f })
        {
            AttentionPlan plan = Plan(rig, new TokenSparseAttention { Coverage = coverage, Window = Window, Pool = Pool, Minimum = 5, Layers = [0], From = 0 });
            int kept = plan.Kind == AttentionPlanKind.All ? Prompt : plan.Rows(0).Length;
            Assert.InRange(kept, Window + 5, before);
            before = kept;
        }

        Assert.Equal(Window + 5, before);
    }

    [Fact]
    public void A_token_that_no_head_keeps_yields_zeros_and_its_key_stays_in_the_cache()
    {
        using AttentionRig rig = Rig(new TokenSparseAttention { Coverage = 0.9f, Window = Window, Pool = Pool, Minimum = 0, Layers = [0], From = 0 });
        float[][] outputs = rig.Prompt(Prompt);
        int[][] kept = Select(rig, 0, 0.9f, 0, out _);
        int skipped = Enumerable.Range(0, Prompt).First(token => kept.All(rows => !rows.Contains(token)));
        Assert.All(outputs[0].AsSpan(skipped * QueryHeads * 16, QueryHeads * 16).ToArray(), value => Assert.Equal(0, value));

        float[] step = rig.Step()[0];
        Assert.True(rig.ReadAll(0));
        Assert.Equal(rig.Statistics.DenseRows, rig.Statistics.AttendedRows);
        double[] expected = rig.Attend(0, Prompt, 2, [.. Enumerable.Range(0, Prompt + 1)]);
        for (int i = 0; i < 16; i++)
        {
            Assert.Equal(expected[i], step[(2 * 16) + i], 1e-5);
        }
    }

    [Theory]
    [InlineData(0.4f, 0)]
    [InlineData(0.1f, 0)]
    [InlineData(0.4f, 80)]
    public void Heads_of_a_group_may_share_their_tokens_of_which_each_KV_head_leaves_out_its_own_tau(float coverage, int minimum)
    {
        using AttentionRig rig = Rig(new TokenSparseAttention { Coverage = 0, From = 0 });
        rig.Prompt(Prompt);
        AttentionPlan plan = Plan(rig, new TokenSparseAttention { Coverage = coverage, Window = Window, Pool = Pool, Minimum = minimum, Layers = [0], PerKvHead = true, From = 0 });
        Assert.Equal(AttentionPlanKind.PerKvHead, plan.Kind);
        Assert.Equal(2, plan.Lists);
        for (int kvHead = 0; kvHead < 2; kvHead++)
        {
            Assert.Equal(SelectShared(rig, kvHead, coverage, minimum), plan.Rows(kvHead).ToArray());
        }

        Assert.NotEqual(plan.Rows(0).ToArray(), plan.Rows(1).ToArray());
    }

    [Fact]
    public void KV_heads_that_a_calibration_did_not_choose_read_and_answer_everything()
    {
        TokenSparseAttention options = new() { Coverage = 0.4f, Window = Window, Pool = Pool, Minimum = 0, Heads = [1], From = 0 };
        using AttentionRig rig = Rig(options);
        float[][] outputs = rig.Prompt(Prompt);
        int[] all = [.. Enumerable.Range(0, Prompt)];
        int[] kept = SelectShared(rig, 1, 0.4, 0);
        for (int head = 0; head < QueryHeads; head++)
        {
            Check(rig, outputs[0], layer: 0, head, head / 2 == 1 ? kept : all);
            Check(rig, outputs[1], layer: 1, head, all);
        }

        AttentionPlan perQueryHead = Plan(rig, options with { PerKvHead = false });
        Assert.Equal(AttentionPlanKind.PerQueryHead, perQueryHead.Kind);
        Assert.Equal(all, perQueryHead.Rows(1).ToArray());
        Assert.Equal(perQueryHead.Rows(2).Length, perQueryHead.Rows(3).Length);
        Assert.InRange(perQueryHead.Rows(2).Length, Window, Prompt - 1);
        Assert.Throws<InvalidOptionException>(() => Method(options with { Heads = [4] }));
    }

    [Theory]
    [InlineData(null, null, 16_000, 1024)]
    [InlineData(null, 0.25, 3000, 1024)]
    [InlineData(null, 0.25, 16_003, 4000)]
    [InlineData(100, null, 16_000, 100)]
    [InlineData(100, 0.25, 16_000, 4000)]
    public void A_number_and_a_part_of_the_prompt_are_kept_at_least(int? minimum, double? part, int length, int expected) =>
        Assert.Equal(expected, new TokenSparseAttention { Minimum = minimum, MinimumPart = part }.MinimumOf(length));

    [Theory]
    [InlineData(121, true)]
    [InlineData(120, false)]
    public void Shorter_prompts_than_those_that_pay_are_computed_in_full(int from, bool isDense)
    {
        TokenSparseAttention options = new() { Coverage = 0.5f, Window = Window, Pool = Pool, Minimum = 0, Layers = [0], From = from };
        using AttentionRig rig = Rig(options);
        using AttentionRig dense = Rig(options with { Coverage = 0 });
        Assert.Equal(isDense, rig.Prompt(Prompt)[0].AsSpan().SequenceEqual(dense.Prompt(Prompt)[0]));
    }

    [Theory]
    [InlineData(107, true)]
    [InlineData(108, false)]
    public void A_prompt_no_longer_than_minimum_and_window_is_computed_in_full(int minimum, bool isSparse)
    {
        TokenSparseMethod method = Method(new TokenSparseAttention { Coverage = 0.5f, Window = Window, Minimum = minimum, Layers = [0], From = 0 });
        Assert.Equal(isSparse, method.Applies(0, Prompt));
        Assert.False(method.Applies(1, 100_000));
    }

    [Theory]
    [InlineData(12, 6)]
    [InlineData(16, 8)]
    [InlineData(32, 16)]
    [InlineData(2, 1)]
    public void Without_a_calibration_the_second_half_of_the_layers_is_sparse(int layers, int first)
    {
        TokenSparseMethod method = Method(new TokenSparseAttention(), [.. Enumerable.Repeat(new AttentionShape(4, 2, 16, 0.25f), layers)]);
        Assert.Equal(Enumerable.Range(first, layers - first), Enumerable.Range(0, layers).Where(layer => method.Applies(layer, 100_000)));
    }

    [Fact]
    public void Windowed_layers_are_never_sparse()
    {
        AttentionShape global = new(4, 2, 16, 0.25f);
        AttentionShape windowed = global with { Window = 16 };
        Assert.Throws<InvalidOptionException>(() => Method(new TokenSparseAttention { Layers = [1] }, [global, windowed]));
        TokenSparseMethod method = Method(new TokenSparseAttention { From = 0 }, [windowed, global, windowed, global, windowed]);
        Assert.Equal([3], Enumerable.Range(0, 5).Where(layer => method.Applies(layer, 100_000)));
    }

    private static void Check(AttentionRig rig, float[] output, int layer, int head, int[] kept)
    {
        for (int token = 0; token < Prompt; token++)
        {
            double[] expected = kept.Contains(token) ? rig.Attend(layer, token, head, [.. kept.Where(row => row <= token)]) : new double[16];
            for (int i = 0; i < expected.Length; i++)
            {
                Assert.Equal(expected[i], output[(((token * QueryHeads) + head) * 16) + i], 1e-5);
            }
        }
    }

    /// <summary>Section 4 of the brief in float64: the tokens of each head, ascending, and the mass that is dropped for being below τ.</summary>
    private static int[][] Select(AttentionRig rig, int layer, double coverage, int minimum, out double dropped)
    {
        int older = Prompt - Window;
        double[][] scores = [.. Enumerable.Range(0, QueryHeads).Select(head => Pooled(WindowMean(rig, layer, head)))];
        double[] total = [.. Enumerable.Range(0, older).Select(row => scores.Average(score => score[row]))];
        int keep = CountKept(total, coverage, minimum, out dropped);
        return [.. scores.Select(score => Best(score, keep))];
    }

    /// <summary>The same where the two query heads of a KV head share their tokens.</summary>
    private static int[] SelectShared(AttentionRig rig, int kvHead, double coverage, int minimum)
    {
        double[] score = [.. Pooled(WindowMean(rig, 0, 2 * kvHead)).Zip(Pooled(WindowMean(rig, 0, (2 * kvHead) + 1)), (a, b) => a + b)];
        return Best(score, CountKept(score, coverage, minimum, out _));
    }

    private static int CountKept(double[] score, double coverage, int minimum, out double dropped)
    {
        double sum = score.Sum();
        int drop = 0;
        double cumulated = 0;
        dropped = 0;
        foreach (double value in score.Order())
        {
            cumulated += value / sum;
            if (cumulated >= coverage)
            {
                break;
            }

            dropped = cumulated;
            drop++;
        }

        return drop == 0 ? score.Length : Math.Max(minimum, score.Length - drop - 1);
    }

    private static int[] Best(double[] score, int keep) =>
        [.. score.Index().OrderByDescending(pair => pair.Item).ThenBy(pair => pair.Index).Take(keep).Select(pair => pair.Index).Order(), .. Enumerable.Range(score.Length, Window)];

    private static double[] WindowMean(AttentionRig rig, int layer, int head)
    {
        double[] mean = new double[Prompt - Window];
        for (int query = Prompt - Window; query < Prompt; query++)
        {
            double[] probabilities = rig.Probabilities(layer, query, head);
            for (int row = 0; row < mean.Length; row++)
            {
                mean[row] += probabilities[row] / Window;
            }
        }

        return mean;
    }

    private static double[] Pooled(double[] values) => [.. Enumerable.Range(0, values.Length).Select(i =>
        Enumerable.Range(i - (Pool / 2), Pool).Where(j => j >= 0 && j < values.Length).Sum(j => values[j]) / Pool)];

    private static AttentionPlan Plan(AttentionRig rig, TokenSparseAttention options)
    {
        float[] mass = new float[QueryHeads * Prompt];
        for (int head = 0; head < QueryHeads; head++)
        {
            double[] mean = WindowMean(rig, 0, head);
            for (int row = 0; row < mean.Length; row++)
            {
                mass[(head * Prompt) + row] = (float)mean[row];
            }
        }

        using CpuDevice device = new(new CpuDeviceOptions { Threads = 1 });
        using ComputeStream stream = device.CreateStream();
        Matrix masses = device.AllocateMatrix(QueryHeads, Prompt);
        using DeviceBuffer owned = masses.Buffer;
        stream.Write(mass, masses);
        Matrix queries = masses with { Rows = Prompt };
        KvLayer none = new(new KvLayout(2, 16, TensorType.F32));
        return Method(options).Select(new AttentionCall(stream, 0, rig.Shapes[0], none, 0, queries, null, queries, Prompt), masses);
    }

    private static TokenSparseMethod Method(TokenSparseAttention options, AttentionShape[]? shapes = null)
    {
        shapes ??= [.. Enumerable.Repeat(new AttentionShape(QueryHeads, 2, 16, 0.25f), 2)];
        using CpuDevice device = new(new CpuDeviceOptions { Threads = 1 });
        MethodSetup setup = new(new AttentionLayers(shapes), new RopeFrequencies?[shapes.Length], ModelCalibration.None);
        return new TokenSparseMethod(options, setup, device.CreateSelector());
    }

    private static AttentionRig Rig(TokenSparseAttention options) => new(new AttentionOptions { Prefill = options }, layers: 2, queryHeads: QueryHeads);
}
