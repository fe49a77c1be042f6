using Winnow.Compute;
using Winnow.Models.Config;
using Winnow.Models.Forward;
using Winnow.Models.Weights;

namespace Winnow.Models.Recurrence;

/// <summary>Lightning attention: linear attention whose states fade at a pace of their own in each head, normalised and gated (MiniMax).</summary>
internal sealed class LightningBlock : RecurrentBlock
{
    private readonly LinearAttentionShape _heads;
    private readonly ProjectionGroup _inputs;
    private readonly Activation _activation;
    private readonly Matrix _decay;
    private readonly RowNorm _norm;

    private LightningBlock(WeightLoader loader, RecurrentConfig.Lightning config, int layer)
    {
        int hidden = loader.Config.HiddenSize;
        _heads = config.Shape;
        _activation = loader.Config.Activation;
        _inputs = new ProjectionGroup(
        [
            .. loader.LoadReordered(
                TensorRole.RecurrentQueryKeyValue, layer, hidden, RowOrder.SplitGroups(config.Heads, config.Heads, config.HeadDimension), [3 * config.Width]),
            loader.LoadProjection(TensorRole.RecurrentGate, layer, config.Width, hidden, needsBias: false),
        ]);
        _decay = loader.AddVector([.. Enumerable.Range(0, config.Heads).Select(head => config.DecayOf(head, layer, loader.Config.Layers.Count))]);
        _norm = loader.LoadPlainNorm(TensorRole.RecurrentNorm, layer, config.Width, epsilon: config.NormEpsilon);
    }

    protected override IEnumerable<Weight> Inputs => _inputs.Weights;

    public static LightningBlock Load(WeightLoader loader, RecurrentConfig.Lightning config, int layer) => new(loader, config, layer)
    {
        Output = loader.LoadProjection(TensorRole.RecurrentOutput, layer, loader.Config.HiddenSize, config.Width, needsBias: false),
    };

    public override void Run(ForwardState state, PassRows rows, int layer, Matrix input, Matrix output)
    {
        ComputeStream stream = state.Stream;
        int width = output.Columns;
        Matrix projected = state.Scratch(0, 3 * width);
        Matrix gate = state.Scratch(1, width);
        _inputs.Apply(stream, input, [projected, gate], rows.Steps);
        stream.Activate(_activation, projected);
        foreach (SegmentPart part in rows)
        {
            Matrix own = projected.RowSlice(part.FirstRow, part.Rows);
            LinearAttentionRows tokens = new(own.ColumnSlice(0, width), own.ColumnSlice(width, width), own.ColumnSlice(2 * width, width), _decay);
            stream.AttendLinearly(_heads, tokens, Before(part, layer, 0), After(part, layer, 0), output.RowSlice(part.FirstRow, part.Rows));
        }

        stream.Normalize(_norm, output, output);
        stream.Gate(Activation.Sigmoid, gate, output, output);
    }
}
