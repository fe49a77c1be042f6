using Winnow.Compute;
using Winnow.Models.Config;
using Winnow.Models.Forward;
using Winnow.Models.Weights;

namespace Winnow.Models.Recurrence;

/// <summary>c · conv(b · x), where b, c and x are projections of the input (LFM2).</summary>
internal sealed class ShortConvolutionBlock : RecurrentBlock
{
    private readonly Projection _input;
    private readonly Matrix _weight;
    private readonly Matrix? _bias;

    private ShortConvolutionBlock(Projection input, Matrix weight, Matrix? bias)
    {
        _input = input;
        _weight = weight;
        _bias = bias;
    }

    protected override IEnumerable<Weight> Inputs => [_input.Weight];

    public static ShortConvolutionBlock Load(WeightLoader loader, RecurrentConfig.ShortConvolution config, int layer)
    {
        int channels = config.Channels;
        Projection input = loader.LoadProjection(TensorRole.RecurrentInput, layer, 3 * channels, channels, config.HasBias);
        (Matrix weight, Matrix? bias) = loader.LoadConvolution(TensorRole.Convolution, layer, channels, config.Kernel, config.HasBias);
        return new ShortConvolutionBlock(input, weight, bias)
        {
            Output = loader.LoadProjection(TensorRole.RecurrentOutput, layer, channels, channels, config.HasBias),
        };
    }

    public override void Run(ForwardState state, PassRows rows, int layer, Matrix input, Matrix output)
    {
        ComputeStream stream = state.Stream;
        int channels = output.Columns;
        Matrix projected = state.Scratch(0, 3 * channels);
        Matrix mixed = state.Scratch(1, channels);
        _input.Apply(stream, input, projected, rows.Steps);
        Matrix x = projected.ColumnSlice(2 * channels, channels);
        stream.Multiply(projected.ColumnSlice(0, channels), x, x);
        foreach (SegmentPart part in rows)
        {
            stream.Convolve(
                x.RowSlice(part.FirstRow, part.Rows), _weight, _bias, Before(part, layer, 0), After(part, layer, 0), mixed.RowSlice(part.FirstRow, part.Rows));
        }

        stream.Multiply(projected.ColumnSlice(channels, channels), mixed, output);
    }
}
