namespace Winnow.Vulkan.Memory;

/// <summary>What memory is for, which decides where it lies.</summary>
internal enum MemoryKind
{
    /// <summary>Weights, activations, keys and values: the device's own.</summary>
    Device,

    /// <summary>The host writes, the device reads.</summary>
    Upload,

    /// <summary>The device writes, the host reads.</summary>
    Readback,

    /// <summary>Keys and values in the memory of the system.</summary>
    Ram,
}
