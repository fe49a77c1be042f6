using Winnow.Compute;
using Winnow.Models.Config;
using Winnow.Models.Forward;
using Winnow.Models.Weights;

namespace Winnow.Models.Recurrence;

/// <summary>
/// Mamba 2: linear attention whose states fade by what a token says, behind a short convolution. In the paper's letters, keys are B,
/// queries C, values x and rates ∆.
/// </summary>
internal sealed class StateSpaceBlock : RecurrentBlock
{
    private readonly RecurrentConfig.StateSpace _config;
    private readonly Projection _input;
    private readonly Matrix? _inputScale;
    private readonly Matrix _convolution;
    private readonly Matrix? _convolutionBias;
    private readonly Activation _activation;
    private readonly Matrix _stepBias;
    private readonly Matrix _rate;
    private readonly Matrix _skip;
    private readonly RowNorm[] _norms;
    private readonly LinearAttentionShape _heads;

    private StateSpaceBlock(WeightLoader loader, RecurrentConfig.StateSpace config, int layer)
    {
        _config = config;
        _activation = config.Activation ?? loader.Config.Activation;
        _input = loader.LoadProjection(TensorRole.RecurrentInput, layer, config.InputWidth, loader.Config.HiddenSize, config.HasProjectionBias);
        _inputScale = config.InputScales is { } scales ? loader.AddVector(scales) : null;
        (_convolution, _convolutionBias) =
            loader.LoadConvolution(TensorRole.Convolution, layer, config.Channels, config.Kernel, config.HasConvolutionBias);
        _stepBias = loader.AddVector(loader.TakeWhole(TensorRole.StepBias, layer, config.Heads));
        _rate = loader.AddVector(loader.TakeRates(TensorRole.StateRate, layer, config.Heads, 1));
        _skip = loader.AddVector(loader.TakeWhole(TensorRole.StateSkip, layer, config.Heads));
        _norms = config.NormGroups == 0 ? [] : loader.LoadGroupNorm(TensorRole.RecurrentNorm, layer, config.Width, config.NormGroups);
        _heads = new LinearAttentionShape(config.Heads, config.Groups, config.States, config.HeadDimension);
    }

    protected override IEnumerable<Weight> Inputs => [_input.Weight];

    public static StateSpaceBlock Load(WeightLoader loader, RecurrentConfig.StateSpace config, int layer) => new(loader, config, layer)
    {
        Output = loader.LoadProjection(TensorRole.RecurrentOutput, layer, loader.Config.HiddenSize, config.Width, config.HasProjectionBias),
    };

    public override void Run(ForwardState state, PassRows rows, int layer, Matrix input, Matrix output)
    {
        ComputeStream stream = state.Stream;
        int width = _config.Width;
        int keys = _config.Groups * _config.States;
        Matrix projected = state.Scratch(0, _config.InputWidth);
        Matrix mixed = state.Scratch(1, _config.Channels);
        Matrix decay = state.Scratch(2, _config.Heads);
        _input.Apply(stream, input, projected, rows.Steps);
        if (_inputScale is { } scale)
        {
            stream.Multiply(projected, scale, projected);
        }

        Matrix gate = projected.ColumnSlice(0, width);
        Matrix step = projected.ColumnSlice(width + _config.Channels, _config.Heads);
        foreach (SegmentPart part in rows)
        {
            stream.Convolve(
                projected.ColumnSlice(width, _config.Channels).RowSlice(part.FirstRow, part.Rows),
                _convolution,
                _convolutionBias,
                Before(part, layer, 0),
                After(part, layer, 0),
                mixed.RowSlice(part.FirstRow, part.Rows));
        }

        stream.Activate(_activation, mixed);
        stream.TimeSteps(step, _stepBias, _config.LeastStep, _config.MostStep, _rate, decay);
        foreach (SegmentPart part in rows)
        {
            Matrix own = mixed.RowSlice(part.FirstRow, part.Rows);
            LinearAttentionRows tokens = new(
                own.ColumnSlice(width + keys, keys),
                own.ColumnSlice(width, keys),
                own.ColumnSlice(0, width),
                decay.RowSlice(part.FirstRow, part.Rows),
                step.RowSlice(part.FirstRow, part.Rows),
                _skip);
            stream.AttendLinearly(_heads, tokens, Before(part, layer, 1), After(part, layer, 1), output.RowSlice(part.FirstRow, part.Rows));
        }

        if (_config.NormsBeforeGate)
        {
            Normalize(stream, output);
        }

        stream.Gate(Activation.Silu, gate, output, output);
        if (!_config.NormsBeforeGate)
        {
            Normalize(stream, output);
        }
    }

    /// <summary>Each group of columns by itself.</summary>
    private void Normalize(ComputeStream stream, Matrix rows)
    {
        for (int group = 0; group < _norms.Length; group++)
        {
            int width = rows.Columns / _norms.Length;
            Matrix own = rows.ColumnSlice(group * width, width);
            stream.Normalize(_norms[group], own, own);
        }
    }
}
