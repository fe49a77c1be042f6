using Winnow.Compute;
using Winnow.Models.Config;
using Winnow.Models.Forward;
using Winnow.Models.Weights;

namespace Winnow.Models.Recurrence;

/// <summary>The weights of a block that remembers a sequence in a state, and what it computes.</summary>
internal abstract class RecurrentBlock
{
    /// <summary>The output projection, [hidden, width].</summary>
    public required Projection Output { get; init; }

    /// <summary>The weights that each token is multiplied with.</summary>
    public IEnumerable<Weight> Weights => [.. Inputs, Output.Weight];

    /// <summary>Weights besides the output projection.</summary>
    protected abstract IEnumerable<Weight> Inputs { get; }

    /// <summary>Takes the rows of a chunk as far as the output projection. Each sequence goes on from its own state.</summary>
    /// <param name="state">The stream, and buffers.</param>
    /// <param name="rows">The pass.</param>
    /// <param name="layer">The layer's number.</param>
    /// <param name="input">[rows, hidden], normalised.</param>
    /// <param name="output">[rows, width].</param>
    public abstract void Run(ForwardState state, PassRows rows, int layer, Matrix input, Matrix output);

    /// <summary>Loads the block of a layer.</summary>
    public static RecurrentBlock Load(WeightLoader loader, RecurrentConfig config, int layer) => config switch
    {
        RecurrentConfig.ShortConvolution convolution => ShortConvolutionBlock.Load(loader, convolution, layer),
        RecurrentConfig.GatedDelta delta => GatedDeltaBlock.Load(loader, delta, layer),
        RecurrentConfig.StateSpace space => StateSpaceBlock.Load(loader, space, layer),
        RecurrentConfig.SelectiveStateSpace space => SelectiveStateSpaceBlock.Load(loader, space, layer),
        RecurrentConfig.Lightning lightning => LightningBlock.Load(loader, lightning, layer),
        _ => throw new ArgumentOutOfRangeException(nameof(config), config, "no such block"),
    };

    /// <summary>Where a part of the sequence finds what was remembered before it: in the state, or where the part before it has left it.</summary>
    protected static Matrix Before(SegmentPart part, int layer, int number) => part.FirstToken == 0
        ? part.Segment.Sequence.State!.Present(layer, number)
        : part.Segment.Sequence.State!.Next(layer, number);

    /// <summary>Where a part of the sequence leaves what is remembered after it.</summary>
    protected static Matrix After(SegmentPart part, int layer, int number) => part.Segment.Sequence.State!.Next(layer, number);
}
