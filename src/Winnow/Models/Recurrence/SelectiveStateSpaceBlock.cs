using Winnow.Compute;
using Winnow.Models.Config;
using Winnow.Models.Forward;
using Winnow.Models.Weights;

namespace Winnow.Models.Recurrence;

/// <summary>Mamba: a selective state space for each channel, behind a short convolution. In the paper's letters, keys are B, queries C and steps ∆.</summary>
internal sealed class SelectiveStateSpaceBlock : RecurrentBlock
{
    private readonly RecurrentConfig.SelectiveStateSpace _config;
    private readonly Projection _input;
    private readonly Matrix _convolution;
    private readonly Matrix? _convolutionBias;
    private readonly Activation _activation;
    private readonly Weight _selection;
    private readonly Weight _step;
    private readonly Matrix _stepBias;
    private readonly Matrix _rate;
    private readonly Matrix _skip;
    private readonly RowNorm? _stepNorm;
    private readonly RowNorm? _keyNorm;
    private readonly RowNorm? _queryNorm;

    private SelectiveStateSpaceBlock(WeightLoader loader, RecurrentConfig.SelectiveStateSpace config, int layer)
    {
        int channels = config.Channels;
        _config = config;
        _activation = loader.Config.Activation;
        _input = loader.LoadProjection(TensorRole.RecurrentInput, layer, 2 * channels, loader.Config.HiddenSize, config.HasProjectionBias);
        (_convolution, _convolutionBias) = loader.LoadConvolution(TensorRole.Convolution, layer, channels, config.Kernel, config.HasConvolutionBias);
        _selection = loader.LoadWeight(TensorRole.StateSelection, layer, config.StepRank + (2 * config.States), channels);
        _step = loader.LoadWeight(TensorRole.StepProjection, layer, channels, config.StepRank);
        _stepBias = loader.AddVector(loader.TakeWhole(TensorRole.StepBias, layer, channels));
        float[] rates = loader.TakeRates(TensorRole.StateRate, layer, channels, config.States);
        _rate = loader.AddTable(WeightLoader.Transposed(rates, channels, config.States), config.States, channels);
        _skip = loader.AddVector(loader.TakeWhole(TensorRole.StateSkip, layer, channels));
        if (config.NormsSelection)
        {
            _stepNorm = loader.LoadSelectionNorm(TensorRole.StepNorm, layer, config.StepRank, config.SelectionEpsilon);
            _keyNorm = loader.LoadSelectionNorm(TensorRole.StateKeyNorm, layer, config.States, config.SelectionEpsilon);
            _queryNorm = loader.LoadSelectionNorm(TensorRole.StateQueryNorm, layer, config.States, config.SelectionEpsilon);
        }
    }

    protected override IEnumerable<Weight> Inputs => [_input.Weight, _selection, _step];

    public static SelectiveStateSpaceBlock Load(WeightLoader loader, RecurrentConfig.SelectiveStateSpace config, int layer) => new(loader, config, layer)
    {
        Output = loader.LoadProjection(TensorRole.RecurrentOutput, layer, loader.Config.HiddenSize, config.Channels, config.HasProjectionBias),
    };

    public override void Run(ForwardState state, PassRows rows, int layer, Matrix input, Matrix output)
    {
        ComputeStream stream = state.Stream;
        int channels = _config.Channels;
        Matrix projected = state.Scratch(0, 2 * channels);
        Matrix value = state.Scratch(1, channels);
        Matrix selected = state.Scratch(2, _selection.Outputs);
        Matrix step = state.Scratch(3, channels);
        _input.Apply(stream, input, projected, rows.Steps);
        foreach (SegmentPart part in rows)
        {
            stream.Convolve(
                projected.ColumnSlice(0, channels).RowSlice(part.FirstRow, part.Rows),
                _convolution,
                _convolutionBias,
                Before(part, layer, 0),
                After(part, layer, 0),
                value.RowSlice(part.FirstRow, part.Rows));
        }

        stream.Activate(_activation, value);
        stream.MatMul(_selection, value, selected, rows.Steps);
        Matrix rank = selected.ColumnSlice(0, _config.StepRank);
        Matrix key = selected.ColumnSlice(_config.StepRank, _config.States);
        Matrix query = selected.ColumnSlice(_config.StepRank + _config.States, _config.States);
        if (_config.NormsSelection)
        {
            stream.Normalize(_stepNorm!, rank, rank);
            stream.Normalize(_keyNorm!, key, key);
            stream.Normalize(_queryNorm!, query, query);
        }

        stream.MatMul(_step, rank, step, rows.Steps);
        stream.TimeSteps(step, _stepBias, 0, float.PositiveInfinity, null, null);
        foreach (SegmentPart part in rows)
        {
            stream.ScanStates(
                value.RowSlice(part.FirstRow, part.Rows),
                step.RowSlice(part.FirstRow, part.Rows),
                _rate,
                key.RowSlice(part.FirstRow, part.Rows),
                query.RowSlice(part.FirstRow, part.Rows),
                _skip,
                Before(part, layer, 1),
                After(part, layer, 1),
                output.RowSlice(part.FirstRow, part.Rows));
        }

        stream.Gate(_activation, projected.ColumnSlice(channels, channels), output, output);
    }
}
