namespace Winnow.Models.Weights;

/// <summary>How a file stores the matrices of a layer's experts, where they are in one tensor.</summary>
internal sealed record ExpertLayout
{
    /// <summary>Whether gate and up are [inputs, outputs] each.</summary>
    public bool GateUpIsTransposed { get; init; }

    /// <summary>Whether down is [inputs, outputs] each.</summary>
    public bool DownIsTransposed { get; init; }

    /// <summary>Whether the outputs of a tensor of both are gate and up in turns, instead of all gates, then all ups.</summary>
    public bool GateUpIsInterleaved { get; init; }
}
