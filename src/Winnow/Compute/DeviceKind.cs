using Winnow.Compute.Cpu;

namespace Winnow.Compute;

/// <summary>A kind of devices: the processor, or what a package for GPUs adds.</summary>
internal abstract class DeviceKind
{
    /// <summary>The first part of its devices' names, such as <c>cpu</c>.</summary>
    public abstract string Name { get; }

    /// <summary>The devices of this kind that the machine has, those that cannot be used with the reason.</summary>
    public abstract IReadOnlyList<DeviceInfo> List();

    /// <summary>Opens a device.</summary>
    /// <param name="which">What follows the colon of the name: a number, or a part of a description; null where there is none.</param>
    /// <param name="host">Threads and instruction set of what the processor does, for the device or instead of it.</param>
    /// <exception cref="WinnowException">There is no such device, or it cannot be used; the message says why.</exception>
    public abstract Device Create(string? which, CpuDeviceOptions host);
}
