using Winnow.Formats;
using Winnow.Models.Config;
using Winnow.Models.Weights;

namespace Winnow.Lab.Conversion;

/// <summary>What the tensors of blocks with a state become in a GGUF file, where that is more than another name.</summary>
internal static class RecurrentConversion
{
    /// <summary>Whether tensors of a role are converted here.</summary>
    public static bool Handles(TensorRole role) => role
        is TensorRole.QueryKeyValue or TensorRole.RecurrentGate or TensorRole.RecurrentRate or TensorRole.RecurrentDecay
        or TensorRole.RecurrentQueryKeyValueGate or TensorRole.Convolution
        or TensorRole.QueryConvolution or TensorRole.KeyConvolution or TensorRole.ValueConvolution or TensorRole.RecurrentInput or TensorRole.StateRate or TensorRole.StateSkip
        or TensorRole.StepProjection or TensorRole.StepBias or TensorRole.RecurrentNorm or TensorRole.RecurrentOutput;

    /// <summary>
    /// A convolution loses the extent of 1 in its middle. Rates are stored as they are used, not as logarithms. Where files have value
    /// heads the other way round, all that belongs to one moves.
    /// </summary>
    public static IEnumerable<ConvertedTensor> Of(
        SafetensorsFile file, TensorNaming names, ModelConfig config, RecurrentConfig recurrent, TensorRole role, int layer)
    {
        bool isWhole = role is TensorRole.StateRate or TensorRole.StateSkip or TensorRole.StepBias;
        string source = isWhole ? names.Whole(role, layer) : names.Weight(role, layer);
        if (!file.Tensors.TryGetValue(source, out TensorEntry? tensor))
        {
            yield break;
        }

        TensorNames targets = config.Architecture.GgufTensors;
        string target = targets.Find(role, layer)! + (isWhole ? "" : ".weight");
        long[] shape = (role, recurrent) switch
        {
            (TensorRole.Convolution or TensorRole.QueryConvolution or TensorRole.KeyConvolution or TensorRole.ValueConvolution, _) => [tensor.Shape[0], tensor.Shape[^1]],
            (TensorRole.StateRate or TensorRole.StateSkip, RecurrentConfig.StateSpace) => [tensor.ElementCount, 1],
            (TensorRole.RecurrentNorm, RecurrentConfig.StateSpace space) => [space.Groups, tensor.ElementCount / space.Groups],
            _ => [.. tensor.Shape],
        };
        RecurrentConfig.GatedDelta? delta = recurrent as RecurrentConfig.GatedDelta;
        if (role == TensorRole.RecurrentQueryKeyValueGate)
        {
            int[] order = RowOrder.SplitKeyHeads(delta!.Heads);
            int channels = order.Length - delta.ValueWidth;
            yield return Rows(targets.Find(TensorRole.QueryKeyValue, layer)! + ".weight", order[..channels]);
            yield return Rows(targets.Find(TensorRole.RecurrentGate, layer)! + ".weight", order[channels..]);
            yield break;
        }

        int[]? tiles = delta is not null && config.Architecture.GgufTilesValueHeads ? TileOrder(delta, role) : null;
        bool isOutput = role == TensorRole.RecurrentOutput;
        yield return new ConvertedTensor(file.Path, target, [ViewOf(tensor, isOutput ? null : tiles)], isStack: false, shape)
        {
            NegatesExponential = role == TensorRole.StateRate,
            ColumnOrder = isOutput ? tiles : null,
            RowScales = FoldedScales.Of(config, role, layer),
        };

        ConvertedTensor Rows(string name, int[] order) => new(file.Path, name, [ViewOf(tensor, order)], isStack: false);
    }

    private static TensorView ViewOf(TensorEntry tensor, int[]? order)
    {
        int rows = (int)tensor.Shape[0];
        TensorView all = new(tensor, 0, rows, (int)(tensor.ElementCount / rows));
        return order is null ? all : all.Take(order);
    }

    /// <summary>The rows of a tensor, or the columns of the output projection, in the order of GGUF files.</summary>
    private static int[]? TileOrder(RecurrentConfig.GatedDelta delta, TensorRole role) => role switch
    {
        TensorRole.RecurrentNorm or TensorRole.RecurrentInput => null,
        TensorRole.QueryKeyValue or TensorRole.Convolution => RowOrder.TileValueHeads(delta.Heads, delta.Heads.ValueDimension, 2 * delta.KeyWidth),
        TensorRole.RecurrentGate or TensorRole.RecurrentOutput => RowOrder.TileValueHeads(delta.Heads, delta.Heads.ValueDimension),
        _ => RowOrder.TileValueHeads(delta.Heads, 1),
    };
}
