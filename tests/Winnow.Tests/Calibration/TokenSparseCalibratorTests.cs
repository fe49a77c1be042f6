using Winnow.Attention.TokenSparse;
using Winnow.Calibration;
using Winnow.Cli;
using Winnow.Generation;

namespace Winnow.Tests.Calibration;

/// <summary>Which layers become sparse: the paper's, unless answers suffer, and then the last ones that leave them alone.</summary>
public class TokenSparseCalibratorTests
{
    private static readonly int[] Twelve = [.. Enumerable.Range(0, 12)];

    [Fact]
    public void The_stable_half_of_the_layers_is_tried_first_and_windowed_layers_never()
    {
        Assert.Equal([1, 3], TokenSparseCalibrator.Stable([0.9, 0.1, 0.8, 0.2], [0, 1, 2, 3]));
        Assert.Equal([2, 3], TokenSparseCalibrator.Stable([0.9, 0.1, 0.3, 0.2], [0, 2, 3]));
        Assert.Empty(TokenSparseCalibrator.Stable([0.9], []));
    }

    [Fact]
    public void Stable_layers_that_cost_no_answers_are_taken_with_the_largest_coverage() =>
        Check([2, 3, 5], 0.05f, (_, _) => 0, stable: [2, 3, 5]);

    [Theory]
    [InlineData(7)]
    [InlineData(3)]
    [InlineData(9)]
    public void Where_they_cost_answers_as_many_of_the_last_layers_are_taken_as_do_not(int first) =>
        Check([.. Enumerable.Range(first, 12 - first)], 0.05f, (layers, _) => layers.Any(layer => layer < first) ? 1 : 0, stable: [2, 3]);

    [Fact]
    public void A_smaller_coverage_is_tried_where_less_than_a_quarter_of_the_layers_would_be_left() =>
        Check(
            [8, 9, 10, 11],
            0.02f,
            (layers, coverage) => layers.Any(layer => layer < (coverage > 0.02f ? 10 : 8)) ? 1 : 0,
            stable: [2, 3]);

    [Fact]
    public void No_layer_is_taken_where_answers_always_suffer() => Check([], 0.005f, (_, _) => 1, stable: [2, 3]);

    [Fact]
    public void Sparse_layers_that_leave_nothing_out_cost_nothing_and_those_that_leave_everything_out_do()
    {
        using Engine engine = Engine.Load(BundledModel.Find());
        CalibrationOptions options = new() { Corpus = [string.Join("\n\n", Enumerable.Range(0, 60).Select(i => $"On day {i} the captain walked the deck until the morning came, and wrote {i * 37} lines."))] };
        CalibrationRun run = new(engine, TokenSparseAttention.Name, [], options, null, _ => { }, null, CancellationToken.None);
        TokenSparseTrial trial = TokenSparseTrial.Prepare(run, 1, 2400)!;
        Assert.Equal(0, trial.Cost([0, 1, 2, 3], coverage: 0));
        Assert.Equal(0, trial.Cost([0, 1, 2, 3], coverage: 0, perKvHead: true));
        Assert.True(trial.Cost([.. Enumerable.Range(0, engine.Model.Layers)], coverage: 0.9f) > 0.05);
        Assert.Null(TokenSparseTrial.Prepare(run, 1, 1200));
    }

    private static void Check(int[] layers, float coverage, Func<IReadOnlyList<int>, float, double> cost, int[] stable)
    {
        (IReadOnlyList<int> chosen, float mass) = TokenSparseCalibrator.Choose(stable, Twelve, cost);
        Assert.Equal(layers, chosen);
        Assert.Equal(coverage, mass);
    }
}
