using Winnow.Attention.TokenSparse;
using Winnow.Cli;
using Winnow.Generation;
using Winnow.Lab.Calibration;
using Winnow.Lab.Calibration.TokenSparse;

namespace Winnow.Tests.Calibration;

/// <summary>Which heads become sparse: those of the paper's layers, unless answers suffer, and then late ones that leave them alone.</summary>
public class TokenSparseCalibratorTests
{
    [Fact]
    public void The_stable_half_of_the_layers_is_tried_first_and_windowed_layers_never()
    {
        Assert.Equal([1, 3], TokenSparseCalibrator.Stable([0.9, 0.1, 0.8, 0.2], [0, 1, 2, 3]));
        Assert.Equal([2, 3], TokenSparseCalibrator.Stable([0.9, 0.1, 0.3, 0.2], [0, 2, 3]));
        Assert.Empty(TokenSparseCalibrator.Stable([0.9], []));
    }

    [Fact]
    public void Stable_layers_that_cost_no_answers_are_taken() => Check([4, 5, 6, 7, 10, 11], _ => 0, stable: [4, 5, 6, 7, 10, 11]);

    [Fact]
    public void Where_they_cost_answers_a_quarter_of_the_heads_is_taken_from_the_last_layer_but_one_on() =>
        Check([16, 17, 18, 19, 20, 21], heads => heads.Min() < 16 ? 1 : 0, stable: [4, 5]);

    [Fact]
    public void Heads_that_cost_answers_are_passed_over_and_of_a_layer_that_does_not_fit_the_least_costly_are_taken() =>
        Check([15, 16, 17, 18, 19, 20], heads => heads.Contains(4) || heads.Contains(21) ? 1 : heads.Contains(14) ? 0.0003 : heads.Count * 1e-5, stable: [4, 5]);

    [Fact]
    public void A_head_that_costs_answers_does_not_take_the_others_of_its_layer_with_it() =>
        Check([15, 16, 17, 18, 20, 21], heads => heads.Contains(4) || heads.Contains(19) || heads.Contains(14) ? 1 : 0, stable: [4, 5]);

    [Fact]
    public void No_head_is_taken_where_answers_always_suffer() => Check([], _ => 1, stable: [4, 5]);

    [Fact]
    public void Sparse_heads_that_leave_nothing_out_cost_nothing_and_those_that_leave_everything_out_do()
    {
        using Engine engine = Engine.Load(BundledModel.Find());
        CalibrationOptions options = new() { Corpus = [string.Join("\n\n", Enumerable.Range(0, 60).Select(i => $"On day {i} the captain walked the deck until the morning came, and wrote {i * 37} lines."))] };
        CalibrationRun run = new(engine, TokenSparseAttention.Name, [], options, null, _ => { }, null, CancellationToken.None);
        TokenSparseTrial trial = TokenSparseTrial.Prepare(run, 1, 2400)!;
        int[] heads = [.. Enumerable.Range(0, engine.Model.Layers * engine.Model.KvHeads)];
        Assert.Equal(0, trial.Cost(heads[..16], coverage: 0));
        Assert.True(trial.Cost(heads, coverage: 0.9f) > 0.05);
        Assert.Null(TokenSparseTrial.Prepare(run, 1, 1200));
    }

    /// <summary>Twelve layers of two KV heads: heads 22 and 23 are the last layer's; 6 are a quarter of all.</summary>
    private static void Check(int[] heads, Func<IReadOnlyList<int>, double> cost, int[] stable) =>
        Assert.Equal(heads, TokenSparseCalibrator.Choose(stable, [.. Enumerable.Range(0, 12)], 2, cost));
}
