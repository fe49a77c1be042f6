using Winnow.Attention.Recycled;
using Winnow.Generation;

namespace Winnow.Tests.Attention;

/// <summary>Section 9 of the brief on recycled attention: lists, schedules, and what they must find.</summary>
public class RecycledAttentionTests
{
    private const int Dimension = 16;

    [Fact]
    public void Never_refreshing_keeps_what_the_last_prompt_token_looked_at()
    {
        const int Prompt = 90;
        const int K = 24;
        using AttentionRig rig = Rig(new RecycledAttention { K = K, Check = 1, Threshold = -1.5f, Pool = 1, From = 0 });
        rig.Prompt(Prompt);
        for (int step = 1; step < K; step++)
        {
            rig.Step();
            for (int kvHead = 0; kvHead < 2; kvHead++)
            {
                int[] expected = [.. Top(rig, Prompt - 1, kvHead, K - step), .. Enumerable.Range(Prompt, step)];
                Assert.Equal(expected, rig.Rows(0, kvHead));
            }
        }
    }

    [Theory]
    [InlineData(7, 20, 1)]
    [InlineData(64, 20, 1)]
    [InlineData(5, 33, 7)]
    public void Rows_are_as_many_as_allowed_ascend_and_hold_everything_new(int stride, int k, int pool)
    {
        using AttentionRig rig = Rig(new RecycledAttention { K = k, Stride = stride, Pool = pool, From = 0 });
        rig.Prompt(50);
        int lastFull = rig.Length;
        for (int step = 1; step <= 60; step++)
        {
            rig.Step();
            bool isFull = step % stride == 0 || rig.Length - lastFull >= k;
            Assert.Equal(isFull, rig.ReadAll(0));
            lastFull = isFull ? rig.Length : lastFull;
            for (int kvHead = 0; kvHead < 2 && !isFull; kvHead++)
            {
                int[] rows = rig.Rows(0, kvHead)!;
                Assert.Equal(k, rows.Length);
                Assert.Equal(rows.Distinct().Order(), rows);
                Assert.Equal(Enumerable.Range(lastFull, rig.Length - lastFull), rows.Where(row => row >= lastFull));
                Assert.True(rows[0] >= 0);
            }
        }
    }

    [Fact]
    public void The_step_after_a_full_step_reads_what_that_step_looked_at_and_no_earlier_one()
    {
        const int Stride = 4;
        using AttentionRig rig = Rig(new RecycledAttention { K = 12, Stride = Stride, Pool = 1, From = 0 });
        // Only the query of step 4 loves row 37; those of steps 3 and 5 love row 11 and row 12.
        rig.ChooseKey(0, 37, kvHead: 1, AttentionRig.Axis(Dimension, 0, 40));
        rig.ChooseKey(0, 11, kvHead: 1, AttentionRig.Axis(Dimension, 1, 40));
        rig.ChooseKey(0, 12, kvHead: 1, AttentionRig.Axis(Dimension, 2, 40));
        for (int position = 0; position < 120; position++)
        {
            rig.ChooseQuery(0, position, head: 2, AttentionRig.Axis(Dimension, 5, 1));
            rig.ChooseQuery(0, position, head: 3, AttentionRig.Axis(Dimension, 5, 1));
        }

        rig.ChooseQuery(0, 80 + Stride - 2, head: 3, AttentionRig.Axis(Dimension, 1, 4));
        rig.ChooseQuery(0, 80 + Stride - 1, head: 3, AttentionRig.Axis(Dimension, 0, 4));
        rig.ChooseQuery(0, 80 + Stride, head: 3, AttentionRig.Axis(Dimension, 2, 4));
        rig.Prompt(80);
        for (int step = 1; step < Stride; step++)
        {
            rig.Step();
            Assert.DoesNotContain(37, rig.Rows(0, 1)!);
        }

        rig.Step();
        Assert.True(rig.ReadAll(0));
        rig.Step();
        Assert.Equal([.. Top(rig, 80 + Stride - 1, 1, 11), rig.Length - 1], rig.Rows(0, 1)!);
        Assert.Contains(37, rig.Rows(0, 1)!);
    }

    [Fact]
    public void What_one_head_of_a_group_sees_is_kept()
    {
        using AttentionRig rig = Rig(new RecycledAttention { K = 8, Stride = 100, Pool = 1, From = 0 });
        rig.ChooseKey(0, 41, kvHead: 0, AttentionRig.Axis(Dimension, 0, 12));
        // Head 0 streams to row 0 with all its mass; head 1 alone looks at row 41, among much else.
        rig.ChooseKey(0, 0, kvHead: 0, AttentionRig.Axis(Dimension, 1, 60));
        rig.ChooseQuery(0, 99, head: 0, AttentionRig.Axis(Dimension, 1, 10));
        rig.ChooseQuery(0, 99, head: 1, AttentionRig.Axis(Dimension, 0, 2));
        rig.Prompt(100);
        rig.Step();
        Assert.Contains(41, rig.Rows(0, 0)!);
        Assert.Contains(0, rig.Rows(0, 0)!);
    }

    [Fact]
    public void Pooling_keeps_the_neighbours_of_a_hit()
    {
        using AttentionRig rig = Rig(new RecycledAttention { K = 8, Stride = 100, Pool = 7, From = 0 });
        rig.ChooseKey(0, 41, kvHead: 0, AttentionRig.Axis(Dimension, 0, 40));
        rig.ChooseQuery(0, 99, head: 0, AttentionRig.Axis(Dimension, 0, 4));
        rig.ChooseQuery(0, 99, head: 1, AttentionRig.Axis(Dimension, 0, 4));
        rig.Prompt(100);
        rig.Step();
        Assert.Equal([38, 39, 40, 41, 42, 43, 44, 100], rig.Rows(0, 0)!);
    }

    [Fact]
    public void Layers_decide_alone_when_their_query_has_turned()
    {
        using AttentionRig rig = new(new AttentionOptions { Decode = new RecycledAttention { K = 16, Check = 3, Threshold = 0.8f, Pool = 1, From = 0 } }, layers: 2);
        for (int position = 59; position < 80; position++)
        {
            for (int head = 0; head < 4; head++)
            {
                // Layer 0 keeps its query; layer 1 turns at position 64, the fifth step.
                rig.ChooseQuery(0, position, head, AttentionRig.Axis(Dimension, 0, 1));
                rig.ChooseQuery(1, position, head, AttentionRig.Axis(Dimension, position < 64 ? 0 : 1, 1));
            }
        }

        rig.Prompt(60);
        List<int> full = [];
        for (int step = 1; step <= 12; step++)
        {
            rig.Step();
            Assert.False(rig.ReadAll(0));
            if (rig.ReadAll(1))
            {
                full.Add(step);
            }
        }

        Assert.Equal([6], full);
    }

    [Fact]
    public void Recycled_rows_hold_less_of_the_attention_the_older_the_list_is()
    {
        const int Stride = 16;
        using AttentionRig rig = Rig(new RecycledAttention { K = 48, Stride = Stride, Pool = 1, From = 0 }, dimension: 64);
        Random random = new(5);
        float[] query = new float[64];
        for (int position = 399; position < 400 + (8 * Stride); position++)
        {
            // A query that drifts: each is mostly the one before.
            query = [.. query.Select(value => (0.97f * value) + (float)(0.6 * (random.NextDouble() - 0.5)))];
            for (int head = 0; head < 4; head++)
            {
                rig.ChooseQuery(0, position, head, [.. query.Select(value => 3 * value)]);
            }
        }

        rig.Prompt(400);
        double[] recovered = new double[Stride];
        for (int step = 1; step < 8 * Stride; step++)
        {
            rig.Step();
            if (step % Stride != 0)
            {
                double[] probabilities = rig.Probabilities(0, rig.Length - 1, head: 0);
                recovered[step % Stride] += rig.Rows(0, 0)!.Sum(row => probabilities[row]) / 8;
            }
        }

        double early = recovered[1..5].Average();
        double late = recovered[11..15].Average();
        Assert.InRange(early, 0.5, 1);
        Assert.True(late < early, $"recovered {early} soon after a full step and {late} long after it");
    }

    [Fact]
    public void Rows_that_made_room_for_newer_ones_return_when_those_are_cut()
    {
        const int Prompt = 60;
        const int K = 16;
        using AttentionRig rig = Rig(new RecycledAttention { K = K, Stride = 100, Pool = 1, From = 0 });
        rig.Prompt(Prompt);
        for (int step = 0; step < 8; step++)
        {
            rig.Step();
        }

        rig.Truncate(Prompt);
        rig.Step();
        Assert.Equal([.. Top(rig, Prompt - 1, kvHead: 0, K - 1), Prompt], rig.Rows(0, 0)!);
    }

    [Fact]
    public void A_cut_cache_is_looked_at_anew()
    {
        using AttentionRig rig = Rig(new RecycledAttention { K = 16, Stride = 100, Pool = 1, From = 0 });
        rig.Prompt(60);
        rig.Step();
        rig.Truncate(40);
        rig.Step();
        Assert.True(rig.ReadAll(0));
        rig.Step();
        Assert.Equal(16, rig.Rows(0, 0)!.Length);
        Assert.All(rig.Rows(0, 0)!, row => Assert.InRange(row, 0, 41));
    }

    [Fact]
    public void Every_step_is_full_until_the_cache_is_worth_it_and_the_first_list_comes_from_the_last_of_them()
    {
        using AttentionRig rig = Rig(new RecycledAttention { K = 8, Stride = 100, Pool = 1, From = 40 });
        rig.Prompt(30);
        while (rig.Length < 39)
        {
            rig.Step();
            Assert.True(rig.ReadAll(0));
        }

        rig.Step();
        Assert.Equal([.. Top(rig, 38, 0, 7), 39], rig.Rows(0, 0)!);
        // One look at the prompt's end, which belongs to no step, and one at the last full step.
        Assert.Equal(1, rig.Statistics.RefreshesOf(0));
        Assert.Equal(1, rig.Statistics.SelectionsOf(0));
    }

    private static AttentionRig Rig(RecycledAttention options, int dimension = Dimension) => new(new AttentionOptions { Decode = options }, dimension: dimension);

    /// <summary>The rows that a group's heads gave most to, ascending; computed the slow way in float64.</summary>
    private static int[] Top(AttentionRig rig, int position, int kvHead, int count)
    {
        double[] score = rig.MaxProbabilities(0, position, [2 * kvHead, (2 * kvHead) + 1]);
        return [.. Enumerable.Range(0, score.Length).OrderByDescending(row => score[row]).ThenBy(row => row).Take(count).Order()];
    }
}
