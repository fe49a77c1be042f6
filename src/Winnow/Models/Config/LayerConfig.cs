namespace Winnow.Models.Config;

/// <summary>What may differ from layer to layer.</summary>
/// <param name="Window">Where positive, queries see only so many of the last tokens.</param>
/// <param name="Rope">The rotary embedding, or null in a layer without positions.</param>
internal sealed record LayerConfig(int Window, RopeConfig? Rope);
