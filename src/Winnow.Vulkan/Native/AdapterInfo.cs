using System.Globalization;
using Silk.NET.Vulkan;
using Winnow.Compute;

namespace Winnow.Vulkan.Native;

/// <summary>What <c>winnow devices</c> says of an adapter.</summary>
internal static class AdapterInfo
{
    /// <summary>Describes an adapter: its type, driver, memory and limits.</summary>
    public static DeviceInfo Of(VulkanAdapter adapter)
    {
        string note = adapter.IsProcessor ? ", computes on the processor: used only where it is named" : "";
        return new DeviceInfo($"vulkan:{adapter.Index}", $"{adapter.Description}, {TypeName(adapter.Type)}, {adapter.Driver}{note}", adapter.Refusal)
        {
            Details =
            [
                new("type", TypeName(adapter.Type)),
                new("driver", adapter.Driver),
                new("api_version", VersionText(adapter.ApiVersion)),
                .. Heaps(adapter),
                new("subgroup_size", adapter.SubgroupSize.ToString(CultureInfo.InvariantCulture)),
                new("shared_memory_bytes", adapter.SharedMemory.ToString(CultureInfo.InvariantCulture)),
                new("features", string.Join(' ', VulkanFeatures.Needed)),
                new("subgroups", adapter.HasSubgroups ? "yes" : "no"),
                new("integer_dot", adapter.HasIntegerDots ? adapter.HasFastIntegerDots ? "yes" : "yes, slow: left alone" : "no"),
                new("cooperative_matrix", adapter.HasCooperativeMatrices ? "yes" : "no"),
                new("cooperative_matrix_2", adapter.HasWorkgroupMatrices ? "yes" : "no"),
            ],
        };
    }

    private static IEnumerable<KeyValuePair<string, string>> Heaps(VulkanAdapter adapter)
    {
        ulong[] free = adapter.FreeBytesOfHeaps();
        for (int i = 0; i < free.Length; i++)
        {
            MemoryHeap heap = adapter.Memory.MemoryHeaps[i];
            string place = (heap.Flags & MemoryHeapFlags.DeviceLocalBit) != 0 ? "device" : "system";
            yield return new($"heap_{i}", string.Create(CultureInfo.InvariantCulture, $"{place}, {heap.Size >> 20} MiB, {free[i] >> 20} MiB free"));
        }
    }

    private static string TypeName(PhysicalDeviceType type) => type switch
    {
        PhysicalDeviceType.DiscreteGpu => "discrete GPU",
        PhysicalDeviceType.IntegratedGpu => "integrated GPU",
        PhysicalDeviceType.VirtualGpu => "virtual GPU",
        PhysicalDeviceType.Cpu => "processor",
        _ => "other",
    };

    private static string VersionText(uint version) => $"{version >> 22}.{(version >> 12) & 0x3FF}.{version & 0xFFF}";
}
