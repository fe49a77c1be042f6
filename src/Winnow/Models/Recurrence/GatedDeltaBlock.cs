using Winnow.Compute;
using Winnow.Models.Config;
using Winnow.Models.Forward;
using Winnow.Models.Weights;

namespace Winnow.Models.Recurrence;

/// <summary>
/// Linear attention by the gated delta rule: queries, keys and values go through a short convolution, queries and keys have length 1, and
/// what comes out is normalised head by head and gated.
/// </summary>
internal sealed class GatedDeltaBlock : RecurrentBlock
{
    /// <summary>What keeps a length from zero.</summary>
    private const float LengthEpsilon = 1e-6f;

    private readonly RecurrentConfig.GatedDelta _config;
    private readonly ProjectionGroup _inputs;
    private readonly Matrix _convolution;
    private readonly Activation _activation;
    private readonly Matrix _queryScale;
    private readonly Matrix _keyScale;
    private readonly Matrix _stepBias;
    private readonly Matrix _rate;
    private readonly RowNorm _norm;

    private GatedDeltaBlock(WeightLoader loader, RecurrentConfig.GatedDelta config, int layer)
    {
        LinearAttentionShape heads = config.Heads;
        int channels = (2 * config.KeyWidth) + config.ValueWidth;
        _config = config;
        _activation = loader.Config.Activation;
        _inputs = LoadInputs(loader, config, layer);
        _convolution = loader.Has(TensorRole.QueryConvolution, layer)
            ? loader.LoadConvolutions(
                [(TensorRole.QueryConvolution, config.KeyWidth), (TensorRole.KeyConvolution, config.KeyWidth), (TensorRole.ValueConvolution, config.ValueWidth)],
                layer,
                config.Kernel)
            : loader.LoadConvolution(TensorRole.Convolution, layer, channels, config.Kernel, needsBias: false).Weight;

        // A root-mean-square norm with these weights gives length 1, and queries their scale besides.
        _queryScale = loader.AddVector([.. Enumerable.Repeat(1f / heads.KeyDimension, heads.KeyDimension)]);
        _keyScale = loader.AddVector([.. Enumerable.Repeat(1 / MathF.Sqrt(heads.KeyDimension), heads.KeyDimension)]);
        _stepBias = loader.AddVector(loader.TakeWhole(TensorRole.StepBias, layer, heads.Heads));
        _rate = loader.AddVector(loader.TakeRates(TensorRole.StateRate, layer, heads.Heads, 1));
        _norm = loader.LoadPlainNorm(TensorRole.RecurrentNorm, layer, heads.ValueDimension, config.NormEpsilon);
    }

    protected override IEnumerable<Weight> Inputs => _inputs.Weights;

    public static GatedDeltaBlock Load(WeightLoader loader, RecurrentConfig.GatedDelta config, int layer) => new(loader, config, layer)
    {
        Output = loader.LoadProjection(TensorRole.RecurrentOutput, layer, loader.Config.HiddenSize, config.ValueWidth, needsBias: false),
    };

    public override void Run(ForwardState state, PassRows rows, int layer, Matrix input, Matrix output)
    {
        ComputeStream stream = state.Stream;
        LinearAttentionShape heads = _config.Heads;
        int channels = _convolution.Columns;
        Matrix projected = state.Scratch(0, channels);
        Matrix mixed = state.Scratch(1, channels);
        Matrix gate = state.Scratch(2, _config.ValueWidth);
        Matrix rate = state.Scratch(3, heads.Heads);
        Matrix step = state.Scratch(4, heads.Heads);
        Matrix decay = state.Scratch(5, heads.Heads);
        ReadOnlySpan<Matrix> outputs = _inputs.Weights.Length == 4
            ? [projected, gate, rate, step]
            : [Columns(projected, 0), Columns(projected, 1), Columns(projected, 2), gate, rate, step];
        _inputs.Apply(stream, input, outputs, rows.Steps);
        foreach (SegmentPart part in rows)
        {
            stream.Convolve(
                projected.RowSlice(part.FirstRow, part.Rows),
                _convolution,
                bias: null,
                Before(part, layer, 0),
                After(part, layer, 0),
                mixed.RowSlice(part.FirstRow, part.Rows));
        }

        stream.Activate(_activation, mixed);
        Matrix query = Columns(mixed, 0);
        Matrix key = Columns(mixed, 1);
        Matrix value = Columns(mixed, 2);
        stream.RmsNorm(query, _queryScale, LengthEpsilon / heads.KeyDimension, query);
        stream.RmsNorm(key, _keyScale, LengthEpsilon / heads.KeyDimension, key);
        stream.Activate(Activation.Sigmoid, rate);
        if (_config.MostRate != 1)
        {
            stream.Scale(rate, _config.MostRate);
        }

        stream.TimeSteps(step, _stepBias, 0, float.PositiveInfinity, _rate, decay);
        foreach (SegmentPart part in rows)
        {
            LinearAttentionRows own = new(
                query.RowSlice(part.FirstRow, part.Rows),
                key.RowSlice(part.FirstRow, part.Rows),
                value.RowSlice(part.FirstRow, part.Rows),
                decay.RowSlice(part.FirstRow, part.Rows),
                rate.RowSlice(part.FirstRow, part.Rows));
            stream.AttendLinearly(heads, own, Before(part, layer, 1), After(part, layer, 1), output.RowSlice(part.FirstRow, part.Rows));
        }

        stream.Normalize(_norm, output, output);
        stream.Gate(Activation.Silu, gate, output, output);
    }

    /// <summary>Queries, keys or values of rows that have them side by side.</summary>
    private Matrix Columns(Matrix rows, int part) => rows.ColumnSlice(part * _config.KeyWidth, part < 2 ? _config.KeyWidth : _config.ValueWidth);

    /// <summary>Queries, keys and values; gates; rates; times. Qwen 3 Next has them key head by key head.</summary>
    private static ProjectionGroup LoadInputs(WeightLoader loader, RecurrentConfig.GatedDelta config, int layer)
    {
        LinearAttentionShape heads = config.Heads;
        int hidden = loader.Config.HiddenSize;
        int channels = (2 * config.KeyWidth) + config.ValueWidth;
        Projection[] projections = loader.Has(TensorRole.RecurrentQuery, layer)
            ?
            [
                loader.LoadProjection(TensorRole.RecurrentQuery, layer, config.KeyWidth, hidden, needsBias: false),
                loader.LoadProjection(TensorRole.RecurrentKey, layer, config.KeyWidth, hidden, needsBias: false),
                loader.LoadProjection(TensorRole.RecurrentValue, layer, config.ValueWidth, hidden, needsBias: false),
                loader.LoadProjection(TensorRole.RecurrentGate, layer, config.ValueWidth, hidden, needsBias: false),
            ]
            : loader.Has(TensorRole.RecurrentQueryKeyValueGate, layer)
            ? loader.LoadReordered(TensorRole.RecurrentQueryKeyValueGate, layer, hidden, RowOrder.SplitKeyHeads(heads), [channels, config.ValueWidth])
            :
            [
                loader.LoadProjection(TensorRole.QueryKeyValue, layer, channels, hidden, needsBias: false),
                loader.LoadProjection(TensorRole.RecurrentGate, layer, config.ValueWidth, hidden, needsBias: false),
            ];
        Projection[] rates = loader.Has(TensorRole.RecurrentRateDecay, layer)
            ? loader.LoadReordered(TensorRole.RecurrentRateDecay, layer, hidden, RowOrder.SplitRates(heads), [heads.Heads, heads.Heads])
            :
            [
                loader.LoadProjection(TensorRole.RecurrentRate, layer, heads.Heads, hidden, needsBias: false),
                loader.LoadProjection(TensorRole.RecurrentDecay, layer, heads.Heads, hidden, needsBias: false),
            ];
        return new ProjectionGroup([.. projections, .. rates]);
    }
}
