using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Silk.NET.Core;
using Silk.NET.Vulkan;

namespace Winnow.Vulkan.Native;

/// <summary>What the validation layers said since the process began; they speak only where <see cref="Variable"/> is 1.</summary>
internal static unsafe class ValidationMessages
{
    /// <summary>The environment variable that switches the layers on.</summary>
    public const string Variable = "WINNOW_VULKAN_VALIDATION";

    /// <summary>The layer's name.</summary>
    public const string Layer = "VK_LAYER_KHRONOS_validation";

    private static readonly ConcurrentQueue<string> Messages = new();

    /// <summary>Whether the layers are asked for.</summary>
    public static bool AreWanted { get; } = Environment.GetEnvironmentVariable(Variable) == "1";

    /// <summary>All messages so far.</summary>
    public static IReadOnlyCollection<string> All => Messages;

    /// <summary>Who is called for each message.</summary>
    public static DebugUtilsMessengerCreateInfoEXT Messenger => new()
    {
        SType = StructureType.DebugUtilsMessengerCreateInfoExt,
        MessageSeverity = DebugUtilsMessageSeverityFlagsEXT.WarningBitExt | DebugUtilsMessageSeverityFlagsEXT.ErrorBitExt,
        MessageType = DebugUtilsMessageTypeFlagsEXT.GeneralBitExt | DebugUtilsMessageTypeFlagsEXT.ValidationBitExt
            | DebugUtilsMessageTypeFlagsEXT.PerformanceBitExt,
        PfnUserCallback = new PfnDebugUtilsMessengerCallbackEXT(
            (delegate* unmanaged[Cdecl]<DebugUtilsMessageSeverityFlagsEXT, DebugUtilsMessageTypeFlagsEXT, DebugUtilsMessengerCallbackDataEXT*, void*, Bool32>)
            (delegate* unmanaged[Cdecl]<DebugUtilsMessageSeverityFlagsEXT, DebugUtilsMessageTypeFlagsEXT, DebugUtilsMessengerCallbackDataEXT*, void*, uint>)&Receive),
    };

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static uint Receive(
        DebugUtilsMessageSeverityFlagsEXT severity, DebugUtilsMessageTypeFlagsEXT type, DebugUtilsMessengerCallbackDataEXT* data, void* user)
    {
        Messages.Enqueue($"{severity}: {Marshal.PtrToStringUTF8((nint)data->PMessage)}");
        return 0;
    }
}
