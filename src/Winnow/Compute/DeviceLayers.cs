namespace Winnow.Compute;

/// <summary>The layers of a model that lie on one device, one after the other.</summary>
/// <param name="Device">The device.</param>
/// <param name="First">The first of its layers.</param>
/// <param name="Count">How many there are.</param>
public sealed record DeviceLayers(Device Device, int First, int Count)
{
    /// <summary>Bytes of their weights; those of the embeddings with the first layer of the model, those of the output head with the last.</summary>
    public long WeightBytes { get; init; }

    /// <summary>Bytes that they were thought to need when they were placed: weights, keys and values, and what computing takes beside them.</summary>
    public long NeededBytes { get; init; }

    /// <summary>Bytes of the device that were free then; null where that is not known, as of the processor.</summary>
    public long? FreeBytes { get; init; }
}
