using Winnow.Attention.Delta;
using Winnow.Generation;

namespace Winnow.Tests.Attention;

/// <summary>Section 8 of the brief on DELTA: pages, what selects them, and where they begin and end.</summary>
public class DeltaAttentionTests
{
    private const int Dimension = 16;

    [Theory]
    [InlineData(4, 6, 2)]
    [InlineData(8, 5, 1)]
    [InlineData(16, 4, 4)]
    public void Pages_are_those_that_a_slow_float64_selection_names(int page, int pages, int recent)
    {
        using AttentionRig rig = Rig(new DeltaAttention { Page = page, Pages = pages, Recent = recent, SelectingLayers = [1], From = 0 }, layers: 4);
        rig.Prompt(61);
        for (int step = 0; step < 2 * page; step++)
        {
            rig.Step();
            int count = (rig.Length + page - 1) / page;
            if (count <= pages)
            {
                Assert.True(rig.ReadAll(3));
                continue;
            }

            double[] score = rig.MaxProbabilities(1, rig.Length - 1, Enumerable.Range(0, 4));
            int[] chosen =
            [
                .. Enumerable.Range(0, count - recent)
                    .OrderByDescending(u => score.Skip(u * page).Take(page).Sum() - (1e-7 * u)).ThenBy(u => u).Take(pages - recent),
                .. Enumerable.Range(count - recent, recent),
            ];
            int[] expected = [.. chosen.Order().SelectMany(u => Enumerable.Range(u * page, Math.Min(page, rig.Length - (u * page))))];
            Assert.True(rig.ReadAll(0));
            Assert.True(rig.ReadAll(1));
            Assert.Equal(expected, rig.Rows(2, 0));
            Assert.Equal(expected, rig.Rows(3, 0));
            Assert.Contains(rig.Length - 1, expected);
        }
    }

    [Fact]
    public void Equal_pages_are_taken_from_the_oldest()
    {
        using AttentionRig rig = Rig(new DeltaAttention { Page = 4, Pages = 4, Recent = 1, SelectingLayers = [0], From = 0 }, layers: 2);
        for (int position = 0; position < 64; position++)
        {
            rig.ChooseKey(0, position, 0, new float[Dimension]);
            rig.ChooseKey(0, position, 1, new float[Dimension]);
        }

        rig.Prompt(62);
        rig.Step();
        Assert.Equal([.. Enumerable.Range(0, 12), 60, 61, 62], rig.Rows(1, 0)!);
    }

    [Fact]
    public void What_a_single_head_sees_is_selected()
    {
        using AttentionRig rig = Rig(new DeltaAttention { Page = 8, Pages = 3, Recent = 1, SelectingLayers = [0], From = 0 }, layers: 2);
        // Three heads put all their mass on row 3; the fourth alone sees row 45.
        for (int head = 0; head < 3; head++)
        {
            rig.ChooseQuery(0, 120, head, AttentionRig.Axis(Dimension, 0, 10));
        }

        rig.ChooseKey(0, 3, 0, AttentionRig.Axis(Dimension, 0, 40));
        rig.ChooseKey(0, 3, 1, AttentionRig.Axis(Dimension, 0, 40));
        rig.ChooseKey(0, 45, 1, AttentionRig.Axis(Dimension, 1, 12));
        rig.ChooseQuery(0, 120, 3, AttentionRig.Axis(Dimension, 1, 1.5f));
        rig.Prompt(120);
        rig.Step();
        Assert.Equal([.. Enumerable.Range(0, 8), .. Enumerable.Range(40, 8), 120], rig.Rows(1, 0)!);
    }

    [Fact]
    public void Heads_may_have_pages_of_their_own()
    {
        using AttentionRig rig = Rig(new DeltaAttention { Page = 8, Pages = 2, Recent = 1, SelectingLayers = [0], PerKvHead = true, From = 0 }, layers: 2);
        rig.ChooseKey(0, 20, 0, AttentionRig.Axis(Dimension, 0, 40));
        rig.ChooseKey(0, 45, 1, AttentionRig.Axis(Dimension, 0, 40));
        for (int head = 0; head < 4; head++)
        {
            rig.ChooseQuery(0, 120, head, AttentionRig.Axis(Dimension, 0, 10));
        }

        rig.Prompt(120);
        rig.Step();
        Assert.Equal([.. Enumerable.Range(16, 8), 120], rig.Rows(1, 0)!);
        Assert.Equal([.. Enumerable.Range(40, 8), 120], rig.Rows(1, 1)!);
    }

    [Fact]
    public void More_pages_hold_more_of_the_attention_until_nothing_is_missed()
    {
        double before = 0;
        foreach (int pages in new[] { 2, 4, 8, 12, 16 })
        {
            using AttentionRig rig = Rig(new DeltaAttention { Page = 8, Pages = pages, Recent = 1, SelectingLayers = [0], From = 0 }, layers: 2);
            for (int head = 0; head < 4; head++)
            {
                // The reading layer looks where the selecting one does.
                rig.ChooseQuery(1, 127, head, rig.Query(0, 127, head));
                for (int position = 0; position < 128; position++)
                {
                    rig.ChooseKey(1, position, head / 2, rig.Key(0, position, head / 2));
                }
            }

            rig.ChooseKey(0, 50, 0, [.. rig.Query(0, 127, 0).Select(value => 2 * value)]);
            rig.ChooseKey(1, 50, 0, rig.Key(0, 50, 0));
            rig.Prompt(127);
            float[] output = rig.Step()[1];
            int[] rows = rig.Rows(1, 0) ?? [.. Enumerable.Range(0, 128)];
            double[] probabilities = rig.Probabilities(1, 127, head: 0);
            double recovered = rows.Sum(row => probabilities[row]);
            Assert.True(recovered >= before, $"{pages} pages hold {recovered}, fewer held {before}");
            Assert.Contains(50, rows);
            before = recovered;
            double[] expected = rig.Attend(1, 127, 0, rows);
            for (int i = 0; i < Dimension; i++)
            {
                Assert.Equal(expected[i], output[i], 1e-5);
            }
        }

        Assert.Equal(1, before, 1e-9);
    }

    [Fact]
    public void Selection_begins_with_the_first_page_beyond_the_budget()
    {
        using AttentionRig rig = Rig(new DeltaAttention { Page = 8, Pages = 4, Recent = 1, SelectingLayers = [0], From = 0 }, layers: 2);
        rig.Prompt(31);
        rig.Step();
        Assert.Equal(32, rig.Length);
        Assert.True(rig.ReadAll(1));
        rig.Step();
        Assert.Equal(25, rig.Rows(1, 0)!.Length);
        Assert.Equal(32, rig.Rows(1, 0)![^1]);
        while (rig.Length < 40)
        {
            rig.Step();
        }

        Assert.Equal(32, rig.Rows(1, 0)!.Length);
    }

    [Fact]
    public void A_longer_context_before_leaves_no_ghosts()
    {
        DeltaAttention options = new() { Page = 8, Pages = 4, Recent = 1, SelectingLayers = [0], From = 0 };
        using AttentionRig used = Rig(options, layers: 2);
        used.Prompt(200);
        used.Step();
        used.Truncate(70);
        used.Step();
        using AttentionRig fresh = Rig(options, layers: 2);
        fresh.Prompt(70);
        fresh.Step();
        Assert.Equal(fresh.Rows(1, 0), used.Rows(1, 0));
    }

    [Fact]
    public void A_layer_reads_the_pages_of_this_step_and_of_the_nearest_selecting_layer_before_it()
    {
        using AttentionRig rig = Rig(new DeltaAttention { Page = 8, Pages = 2, Recent = 1, SelectingLayers = [1, 3], From = 0 }, layers: 5);
        for (int step = 0; step < 3; step++)
        {
            for (int head = 0; head < 4; head++)
            {
                // Layer 1 looks at another page in every step, layer 3 always at its own.
                rig.ChooseQuery(1, 100 + step, head, AttentionRig.Axis(Dimension, step, 10));
                rig.ChooseQuery(3, 100 + step, head, AttentionRig.Axis(Dimension, 9, 10));
            }

            for (int kvHead = 0; kvHead < 2; kvHead++)
            {
                rig.ChooseKey(1, 8 * step, kvHead, AttentionRig.Axis(Dimension, step, 40));
                rig.ChooseKey(3, 64, kvHead, AttentionRig.Axis(Dimension, 9, 40));
            }
        }

        rig.Prompt(100);
        for (int step = 0; step < 3; step++)
        {
            rig.Step();
            Assert.Equal(8 * step, rig.Rows(2, 0)![0]);
            Assert.Equal(64, rig.Rows(4, 0)![0]);
            Assert.True(rig.ReadAll(0) && rig.ReadAll(1) && rig.ReadAll(3));
        }
    }

    [Fact]
    public void Windowed_layers_keep_their_window_and_neither_select_nor_read_pages()
    {
        Winnow.Compute.AttentionShape global = new(4, 2, Dimension, 0.25f);
        Winnow.Compute.AttentionShape windowed = global with { Window = 16 };
        using AttentionRig rig = new(
            new AttentionOptions { Decode = new DeltaAttention { Page = 8, Pages = 4, Recent = 1, SelectingLayers = [1], From = 0 } }, [windowed, global, windowed, global]);
        rig.Prompt(100);
        float[][] outputs = rig.Step();
        Assert.True(rig.ReadAll(0) && rig.ReadAll(1) && rig.ReadAll(2));
        Assert.Equal(29, rig.Rows(3, 0)!.Length);
        double[] expected = rig.Attend(2, 100, 3, [.. Enumerable.Range(85, 16)]);
        Assert.Equal(expected, outputs[2][(3 * Dimension)..].Select(value => (double)value), (a, b) => Math.Abs(a - b) < 1e-5);
        Assert.Throws<InvalidOptionException>(() => new AttentionRig(
            new AttentionOptions { Decode = new DeltaAttention { SelectingLayers = [0] } }, [windowed, global]));
    }

    private static AttentionRig Rig(DeltaAttention options, int layers) => new(new AttentionOptions { Decode = options }, layers);
}
