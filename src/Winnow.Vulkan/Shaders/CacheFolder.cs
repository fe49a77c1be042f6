using Winnow.Vulkan.Native;

namespace Winnow.Vulkan.Shaders;

/// <summary>Where what was learned of a device and its driver is kept from run to run.</summary>
internal static class CacheFolder
{
    /// <summary>The path of a file for a device and a build of its driver; null where this system has no such folder.</summary>
    /// <param name="adapter">The device.</param>
    /// <param name="extension">What the file holds.</param>
    public static string? PathOf(VulkanAdapter adapter, string extension)
    {
        string root = Environment.GetEnvironmentVariable("WINNOW_VULKAN_CACHE")
            ?? (OperatingSystem.IsLinux() && Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } cache
                ? cache
                : Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify));
        return root.Length == 0
            ? null
            : Path.Combine(root, "winnow", "vulkan", $"{adapter.VendorId:x4}-{adapter.DeviceId:x4}-{adapter.PipelineCacheId:n}.{extension}");
    }
}
