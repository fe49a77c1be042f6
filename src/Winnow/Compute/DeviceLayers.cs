namespace Winnow.Compute;

/// <summary>The layers of a model that lie on one device, one after the other, and the memory that they take there.</summary>
public sealed record DeviceLayers
{
    internal DeviceLayers(Device device, int first, int count)
    {
        Device = device;
        First = first;
        Count = count;
    }

    /// <summary>The device's name: <c>cpu</c>, <c>vulkan:0</c>.</summary>
    public string Name => Device.Name;

    /// <summary>What the device is, for people: processor or GPU, instruction set, threads.</summary>
    public string Description => Device.Description;

    /// <summary>The first of its layers.</summary>
    public int First { get; }

    /// <summary>How many there are.</summary>
    public int Count { get; }

    /// <summary>
    /// Bytes of their weights; those of the embeddings with the first layer of the model, those of the output head with the last. Of
    /// weights in a mapped file, the processor keeps in memory what it has read.
    /// </summary>
    public long WeightBytes { get; internal init; }

    /// <summary>Bytes that they were thought to need when they were placed: weights, keys and values, and what computing takes beside them.</summary>
    public long NeededBytes { get; internal init; }

    /// <summary>Bytes of the device that were free then; null where that is not known, as of the processor.</summary>
    public long? FreeBytes { get; internal init; }

    /// <summary>Bytes of a session's keys and values of these layers, in whichever memory it keeps them; 0 where no session is looked at.</summary>
    public long KvBytes { get; internal init; }

    /// <summary>Bytes of a session's rows on their way through the layers, of scores and logits; 0 where no session is looked at.</summary>
    public long ScratchBytes { get; internal init; }

    /// <summary>Bytes in use of the device's own memory, for all sessions on it, as of now; 0 for the processor.</summary>
    public long DeviceBytes => Device.MemoryBytes;

    internal Device Device { get; }
}
