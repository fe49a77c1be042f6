using Winnow.Calibration;
using Winnow.Compute;

namespace Winnow.Attention;

/// <summary>What an attention method is created with: the model as it sees it.</summary>
/// <param name="Layers">The attention layers.</param>
/// <param name="Ropes">The rotation of each layer; null where there is none.</param>
/// <param name="Calibration">What was calibrated for the model.</param>
/// <param name="ContextLength">Tokens that the model was made for; null where nobody knows.</param>
internal sealed record MethodSetup(
    AttentionLayers Layers, IReadOnlyList<RopeFrequencies?> Ropes, ModelCalibration Calibration, int? ContextLength = null);
