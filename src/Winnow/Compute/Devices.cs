using Winnow.Compute.Cpu;

namespace Winnow.Compute;

/// <summary>What can compute, by the names that an engine takes: <c>cpu</c>, and the kinds that packages add. Thread-safe.</summary>
public static class Devices
{
    private static readonly Lock Changing = new();
    private static volatile DeviceKind[] _kinds = [new CpuDeviceKind()];

    /// <summary>Adds a kind; one of the same name is replaced.</summary>
    internal static void Add(DeviceKind kind)
    {
        ArgumentNullException.ThrowIfNull(kind);
        lock (Changing)
        {
            _kinds = [.. _kinds.Where(other => other.Name != kind.Name), kind];
        }
    }

    /// <summary>The kinds, as names of devices begin with them; looks for no device.</summary>
    public static IReadOnlyList<string> Kinds => [.. _kinds.Select(kind => kind.Name)];

    /// <summary>All devices of all kinds; those that cannot be used with the reason.</summary>
    public static IReadOnlyList<DeviceInfo> List() => [.. _kinds.SelectMany(kind => kind.List())];

    /// <summary>Opens a device.</summary>
    /// <param name="name">A kind, alone or with a colon and what the kind chooses by: <c>cpu</c>, <c>vulkan</c>, <c>vulkan:1</c>.</param>
    /// <param name="host">Threads and instruction set of what the processor does; null for its best.</param>
    /// <exception cref="WinnowException">There is no such device, or it cannot be used; the message says why, and what there is.</exception>
    internal static Device Create(string name, CpuDeviceOptions? host = null)
    {
        (DeviceKind kind, string? which) = Find(name);
        return kind.Create(which, host ?? new CpuDeviceOptions());
    }

    /// <summary>Opens devices of one kind that compute a model together.</summary>
    /// <param name="name">As for <see cref="Create"/>, with commas between what follows the colon: <c>vulkan:0,1</c>.</param>
    /// <param name="host">Threads and instruction set of what the processor does; null for its best.</param>
    /// <returns>The devices, in the order in which they are named; dispose each.</returns>
    /// <exception cref="WinnowException">One of them is not there, cannot be used, or is named twice.</exception>
    internal static IReadOnlyList<Device> CreateAll(string name, CpuDeviceOptions? host = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        (DeviceKind kind, string? which) = Find(name);
        List<Device> devices = [];
        try
        {
            string?[] parts = which is null ? [null] : [.. which.Split(',', StringSplitOptions.TrimEntries)];
            foreach (string? part in parts)
            {
                Device device = kind.Create(part, host ?? new CpuDeviceOptions());
                bool isNew = devices.TrueForAll(other => other.Name != device.Name);
                devices.Add(device);
                if (!isNew)
                {
                    throw new WinnowException($"'{name}' names the device {device.Name} twice");
                }
            }

            return devices;
        }
        catch
        {
            devices.ForEach(device => device.Dispose());
            throw;
        }
    }

    private static (DeviceKind Kind, string? Which) Find(string name)
    {
        int colon = name.IndexOf(':', StringComparison.Ordinal);
        string kindName = colon < 0 ? name : name[..colon];
        DeviceKind kind = Array.Find(_kinds, kind => kind.Name.Equals(kindName, StringComparison.OrdinalIgnoreCase))
            ?? throw new WinnowException(
                $"there is no device '{name}'; there are {string.Join(", ", List().Where(device => device.Refusal is null).Select(device => device.Name))}");
        return (kind, colon < 0 ? null : name[(colon + 1)..]);
    }
}
