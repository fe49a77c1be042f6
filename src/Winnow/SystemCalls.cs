using System.Runtime.Versioning;

namespace Winnow;

/// <summary>Which calls of the operating system are made beside what .NET offers on every one.</summary>
/// <remarks>None with the environment variable <c>WINNOW_PORTABLE=1</c>: as on a system that the engine knows nothing of.</remarks>
internal static class SystemCalls
{
    private static bool IsPortable { get; } = Environment.GetEnvironmentVariable("WINNOW_PORTABLE") == "1";

    /// <summary>Those of Linux alone: advice about pages, residency, writing back.</summary>
    [SupportedOSPlatformGuard("linux")]
    public static bool Linux { get; } = OperatingSystem.IsLinux() && !IsPortable;

    /// <summary>Those that Linux, macOS and the BSDs share; files there can be used after their name is gone.</summary>
    [UnsupportedOSPlatformGuard("windows")]
    public static bool Unix { get; } = !OperatingSystem.IsWindows() && !IsPortable;

    /// <summary>Those of Windows.</summary>
    [SupportedOSPlatformGuard("windows")]
    public static bool Windows { get; } = OperatingSystem.IsWindows() && !IsPortable;
}
