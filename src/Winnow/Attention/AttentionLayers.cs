using Winnow.Compute;

namespace Winnow.Attention;

/// <summary>The attention layers of a model as methods see them.</summary>
/// <param name="Shapes">One per layer, in order.</param>
/// <param name="Attends">Whether each layer has attention at all; null where all have.</param>
internal sealed record AttentionLayers(IReadOnlyList<AttentionShape> Shapes, IReadOnlyList<bool>? Attends = null)
{
    /// <summary>The same where tokens see each other in both directions.</summary>
    public IReadOnlyList<AttentionShape> Bidirectional { get; } = [.. Shapes.Select(shape => shape with { Causal = false })];

    /// <summary>Layers with attention, without a sliding window and without chunks, ascending: the only ones that methods change.</summary>
    public IReadOnlyList<int> Global { get; } = [.. Enumerable.Range(0, Shapes.Count).Where(layer => IsGlobal(Shapes, Attends, layer))];

    /// <summary>The shape of those layers; that of the first layer where there is none.</summary>
    public AttentionShape GlobalShape => Shapes[Global.Count > 0 ? Global[0] : 0];

    /// <summary>Layers in all.</summary>
    public int Count => Shapes.Count;

    /// <summary>Whether methods change a layer.</summary>
    public bool IsGlobal(int layer) => IsGlobal(Shapes, Attends, layer);

    /// <summary>Checks a list of layer numbers that a user or a calibration gave.</summary>
    /// <exception cref="InvalidOptionException">A number is no layer, has a sliding window, or does not ascend.</exception>
    public void Check(IReadOnlyList<int> layers, string what)
    {
        int previous = -1;
        foreach (int layer in layers)
        {
            if (layer < 0 || layer >= Count)
            {
                throw new InvalidOptionException($"{what}: the model has no layer {layer}; it has 0 to {Count - 1}");
            }

            if (layer <= previous)
            {
                throw new InvalidOptionException($"{what}: layers must ascend, {layer} follows {previous}");
            }

            if (Attends is not null && !Attends[layer])
            {
                throw new InvalidOptionException($"{what}: layer {layer} has no attention; full-attention layers are {string.Join(", ", Global)}");
            }

            if (!IsGlobal(layer))
            {
                string limit = Shapes[layer].Window > 0 ? "a sliding window and keeps it" : "chunks and keeps them";
                throw new InvalidOptionException($"{what}: layer {layer} has {limit}; full-attention layers are {string.Join(", ", Global)}");
            }

            previous = layer;
        }
    }

    private static bool IsGlobal(IReadOnlyList<AttentionShape> shapes, IReadOnlyList<bool>? attends, int layer) =>
        (attends is null || attends[layer]) && shapes[layer] is { Window: 0, Chunk: 0 };
}
