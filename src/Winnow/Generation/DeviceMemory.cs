using Winnow.Compute;

namespace Winnow.Generation;

/// <summary>What a session and the weights that it computes with take on one device.</summary>
/// <param name="Layers">The device and its layers.</param>
/// <param name="KvBytes">Bytes of keys and values of these layers, in whichever memory the session keeps them.</param>
/// <param name="ScratchBytes">Bytes of the session's rows on their way through the layers, of scores and logits.</param>
public sealed record DeviceMemory(DeviceLayers Layers, long KvBytes, long ScratchBytes)
{
    /// <summary>Bytes of the weights; of those in a mapped file, the processor keeps in memory what it has read.</summary>
    public long WeightBytes => Layers.WeightBytes;

    /// <summary>Bytes in use of the device's own memory, for all sessions on it; 0 for the processor.</summary>
    public long DeviceBytes => Layers.Device.MemoryBytes;
}
