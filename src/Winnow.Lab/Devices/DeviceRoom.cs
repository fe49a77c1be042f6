using Winnow.Compute;
using Winnow.Tensors;

namespace Winnow.Lab.Devices;

/// <summary>What a device has for a model.</summary>
/// <param name="FreeBytes">Bytes of its own memory that may still be taken; null where nobody knows, or where it is the memory of the process.</param>
/// <param name="UnsupportedTypes">The types of weights that it does not multiply with.</param>
public sealed record DeviceRoom(long? FreeBytes, IReadOnlyList<TensorType> UnsupportedTypes)
{
    /// <summary>Opens a device and looks.</summary>
    /// <param name="device">Its name, as <see cref="Compute.Devices.List"/> has it.</param>
    /// <param name="types">The types of weights that a model has.</param>
    /// <exception cref="WinnowException">There is no such device, or it cannot be used.</exception>
    public static DeviceRoom Find(string device, IEnumerable<TensorType> types)
    {
        ArgumentNullException.ThrowIfNull(types);
        using Device opened = Compute.Devices.Create(device);
        return new DeviceRoom(opened.FreeMemoryBytes, [.. types.Where(type => !opened.Multiplies(type))]);
    }
}
