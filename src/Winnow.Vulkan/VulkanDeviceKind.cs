using System.Globalization;
using Winnow.Compute;
using Winnow.Compute.Cpu;
using Winnow.Vulkan.Native;
using PhysicalDeviceType = Silk.NET.Vulkan.PhysicalDeviceType;

namespace Winnow.Vulkan;

/// <summary>GPUs as Vulkan's drivers know them.</summary>
internal sealed class VulkanDeviceKind : DeviceKind
{
    /// <inheritdoc/>
    public override string Name => "vulkan";

    /// <inheritdoc/>
    public override IReadOnlyList<DeviceInfo> List()
    {
        try
        {
            return [.. VulkanAdapter.All().Select(AdapterInfo.Of)];
        }
        catch (VulkanUnavailableException e)
        {
            return [new DeviceInfo(Name, "GPUs with a Vulkan driver", e.Message)];
        }
    }

    /// <inheritdoc/>
    public override Device Create(string? which, CpuDeviceOptions host) => new VulkanDevice(Choose(VulkanAdapter.All(), which));

    private static VulkanAdapter Choose(VulkanAdapter[] adapters, string? which)
    {
        VulkanAdapter chosen = which is null ? First(adapters) : Named(adapters, which);
        return chosen.Refusal is null
            ? chosen
            : throw new VulkanUnavailableException($"vulkan:{chosen.Index} ({chosen.Description}) cannot be used: {chosen.Refusal}");
    }

    /// <summary>The first GPU of the best kind: one with memory of its own, then one in the memory of the system.</summary>
    private static VulkanAdapter First(VulkanAdapter[] adapters)
    {
        IEnumerable<VulkanAdapter> usable = adapters.Where(adapter => adapter.Refusal is null && (!adapter.IsProcessor || VulkanSettings.AllowsProcessor));
        return usable.OrderBy(adapter => Order(adapter.Type)).FirstOrDefault()
            ?? throw new VulkanUnavailableException(adapters.Length == 0
                ? "the Vulkan drivers of this machine know no GPU"
                : $"there is no GPU that can be used; there are {string.Join("; ", adapters.Select(Describe))}");
    }

    private static VulkanAdapter Named(VulkanAdapter[] adapters, string which)
    {
        if (int.TryParse(which, NumberStyles.None, CultureInfo.InvariantCulture, out int index))
        {
            return index < adapters.Length ? adapters[index] : throw NotThere(adapters, which);
        }

        VulkanAdapter[] found = Array.FindAll(adapters, adapter => adapter.Description.Contains(which, StringComparison.OrdinalIgnoreCase));
        return found.Length switch
        {
            0 => throw NotThere(adapters, which),
            1 => found[0],
            _ => throw new VulkanUnavailableException($"'vulkan:{which}' is not one device: {string.Join("; ", found.Select(Describe))}"),
        };
    }

    private static VulkanUnavailableException NotThere(VulkanAdapter[] adapters, string which) =>
        new($"there is no device 'vulkan:{which}'; there are {string.Join("; ", adapters.Select(Describe))}");

    private static string Describe(VulkanAdapter adapter)
    {
        string reason = adapter.Refusal ?? (adapter.IsProcessor ? "it computes on the processor, so it must be named" : "");
        return $"vulkan:{adapter.Index} ({adapter.Description}{(reason.Length == 0 ? "" : $": {reason}")})";
    }

    private static int Order(PhysicalDeviceType type) => type switch
    {
        PhysicalDeviceType.DiscreteGpu => 0,
        PhysicalDeviceType.IntegratedGpu => 1,
        PhysicalDeviceType.VirtualGpu => 2,
        PhysicalDeviceType.Other => 3,
        _ => 4,
    };
}
