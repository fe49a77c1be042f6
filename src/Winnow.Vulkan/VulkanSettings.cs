using System.Globalization;
using Winnow.Vulkan.Commands;

namespace Winnow.Vulkan;

/// <summary>What environment variables change, for tests and for whoever looks for a defect.</summary>
internal static class VulkanSettings
{
    /// <summary>Whether a driver that computes on the processor counts as a device when none is named.</summary>
    public static bool AllowsProcessor => IsOn("WINNOW_VULKAN_ALLOW_CPU");

    /// <summary>How freely commands may be done: to look for a barrier that is missing.</summary>
    public static CommandOrder Order { get; } =
        IsOn("WINNOW_VULKAN_FULL_BARRIERS") ? CommandOrder.OneByOne : IsOn("WINNOW_VULKAN_REVERSE") ? CommandOrder.Reversed : CommandOrder.Free;

    /// <summary>Whether memory of the device is never touched by the host, even where it could be: as on a card of its own.</summary>
    public static bool StagesAlways { get; } = IsOn("WINNOW_VULKAN_STAGING");

    /// <summary>Whether the time of each command is taken, and told at the end.</summary>
    public static bool TakesProfile { get; } = IsOn("WINNOW_VULKAN_PROFILE");

    /// <summary>Bytes of each heap that may be taken; null for all that is free.</summary>
    public static ulong? HeapLimit { get; } = Read("WINNOW_VULKAN_HEAP_MIB", 20);

    /// <summary>Bytes that a workgroup may share; null for what the device has. Plain shaders need 16 KiB at most.</summary>
    public static ulong? SharedMemoryLimit { get; } = Read("WINNOW_VULKAN_SHARED_KIB", 10);

    /// <summary>Features that shaders leave alone, whatever the device can do.</summary>
    public static IReadOnlyList<string> Without { get; } = Environment.GetEnvironmentVariable("WINNOW_VULKAN_WITHOUT")?.Split(',') ?? [];

    /// <summary>A folder whose SPIR-V files stand for the built-in ones of the same name; null for none.</summary>
    public static string? ShaderFolder { get; } = Environment.GetEnvironmentVariable("WINNOW_VULKAN_SPIRV");

    private static bool IsOn(string variable) => Environment.GetEnvironmentVariable(variable) == "1";

    private static ulong? Read(string variable, int shift) =>
        ulong.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out ulong units)
            ? units << shift
            : null;
}
