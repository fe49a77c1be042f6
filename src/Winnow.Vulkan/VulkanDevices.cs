using Winnow.Compute;
using Winnow.Generation;

namespace Winnow.Vulkan;

/// <summary>GPUs of any vendor, through their Vulkan 1.3 drivers.</summary>
public static class VulkanDevices
{
    /// <summary>
    /// Adds them to what can compute: an application calls this once, and <see cref="EngineOptions.Device"/> may be <c>vulkan</c>, the
    /// best of them, <c>vulkan:1</c> or a part of a name, <c>vulkan:radeon</c>. <see cref="Devices.List"/> says which there are.
    /// </summary>
    public static void Add() => Devices.Add(new VulkanDeviceKind());
}
