namespace Winnow.Models.Config;

/// <summary>Layers with attention among layers with a state.</summary>
internal static class HybridLayers
{
    /// <summary>Which layers attend, by <c>layer_types</c>; null where config.json does not have it.</summary>
    /// <param name="config">The values.</param>
    /// <param name="count">How many layers.</param>
    /// <param name="others">What the types of layers with a state are called.</param>
    public static bool[]? ReadTypes(HuggingFaceConfig config, int count, params string[] others)
    {
        if (config.GetStringsOrNull("layer_types") is not { } types)
        {
            return null;
        }

        bool isKnown = types.Length == count && types.All(type => IsAttention(type) || others.Contains(type));
        return isKnown
            ? Array.ConvertAll(types, IsAttention)
            : throw config.Wrong("layer_types", $"{count} times full_attention or {string.Join(" or ", others)}");
    }

    /// <summary>Of every so many layers the last attends.</summary>
    public static bool[] Every(int interval, int count) => Array.ConvertAll(SlidingLayers.Every(interval, count), slides => !slides);

    /// <summary>Layers that attend or else have a block with a state.</summary>
    public static LayerBlocks[] Of(bool[] attends, RecurrentConfig recurrent) =>
        Array.ConvertAll(attends, isAttention => new LayerBlocks(isAttention, isAttention ? null : recurrent));

    /// <summary>Layers of a block with a state and nothing else.</summary>
    public static LayerBlocks[] Only(RecurrentConfig recurrent, int count) =>
        [.. Enumerable.Repeat(new LayerBlocks(Attends: false, recurrent, FeedsForward: false), count)];

    /// <summary>Older configurations call it by the shorter name.</summary>
    private static bool IsAttention(string type) => type is "full_attention" or "attention";
}
