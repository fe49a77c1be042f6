using System.Runtime.InteropServices;
using Silk.NET.Core.Contexts;
using Silk.NET.Vulkan;

namespace Winnow.Vulkan.Native;

/// <summary>The loader and an instance of the API: one for the process, made when it is first asked for and never given back.</summary>
internal sealed unsafe class VulkanInstance
{
    // Drivers upon another API, such as MoltenVK, are listed only to those who ask.
    private const string PortabilityExtension = "VK_KHR_portability_enumeration";

    private static readonly Lock Creating = new();
    private static VulkanInstance? _shared;

    private VulkanInstance(Vk vk, Instance handle)
    {
        Vk = vk;
        Handle = handle;
    }

    /// <summary>Its functions.</summary>
    public Vk Vk { get; }

    /// <summary>The instance.</summary>
    public Instance Handle { get; }

    /// <summary>The instance of the process.</summary>
    /// <exception cref="VulkanUnavailableException">There is no loader or no driver, or they are too old.</exception>
    public static VulkanInstance Shared
    {
        get
        {
            lock (Creating)
            {
                return _shared ??= Create();
            }
        }
    }

    /// <summary>Whether the validation layers are installed.</summary>
    public static bool HasValidation
    {
        get
        {
            try
            {
                return HasLayer(LoadFunctions(), ValidationMessages.Layer);
            }
            catch (VulkanUnavailableException)
            {
                return false;
            }
        }
    }

    /// <summary>The physical devices, in the order of their numbers.</summary>
    public PhysicalDevice[] PhysicalDevices()
    {
        uint count = 0;
        Vk.EnumeratePhysicalDevices(Handle, &count, null).Require("list devices", "Vulkan");
        PhysicalDevice[] devices = new PhysicalDevice[count];
        fixed (PhysicalDevice* first = devices)
        {
            Vk.EnumeratePhysicalDevices(Handle, &count, first).Require("list devices", "Vulkan");
        }

        return devices;
    }

    /// <summary>The address of a function, 0 where there is none.</summary>
    public nint Function(string name)
    {
        using Utf8Text text = new(name);
        return (nint)Vk.GetInstanceProcAddr(Handle, text.Pointer).Handle;
    }

    private static VulkanInstance Create()
    {
        Vk vk = LoadFunctions();
        return new VulkanInstance(vk, CreateHandle(vk));
    }

    private static Vk LoadFunctions()
    {
        nint library = 0;
        string[] names = OperatingSystem.IsWindows() ? ["vulkan-1.dll"]
            : OperatingSystem.IsMacOS() ? ["libvulkan.1.dylib", "libvulkan.dylib", "libMoltenVK.dylib"]
            : ["libvulkan.so.1", "libvulkan.so"];
        if (!names.Any(name => NativeLibrary.TryLoad(name, out library)))
        {
            throw new VulkanUnavailableException(
                $"there is no Vulkan loader ({names[0]}): install the driver of your GPU{(OperatingSystem.IsLinux() ? ", or the package libvulkan1" : "")}");
        }

        return NativeLibrary.TryGetExport(library, "vkEnumerateInstanceVersion", out _)
            ? new Vk(new LamdaNativeContext(name => NativeLibrary.TryGetExport(library, name, out nint address) ? address : 0))
            : throw new VulkanUnavailableException("the Vulkan loader knows version 1.0 only; Winnow needs 1.3: update the driver of your GPU");
    }

    private static Instance CreateHandle(Vk vk)
    {
        bool validates = ValidationMessages.AreWanted;
        if (validates && !HasLayer(vk, ValidationMessages.Layer))
        {
            throw new VulkanUnavailableException(
                $"{ValidationMessages.Variable} is 1, but there is no layer {ValidationMessages.Layer}: install the package vulkan-validationlayers");
        }

        using Utf8Text application = new("Winnow");
        using Utf8Text layer = new(ValidationMessages.Layer);
        bool listsPortable = HasExtension(vk, PortabilityExtension);
        using Utf8Texts extensions = new([.. validates ? ["VK_EXT_debug_utils"] : Array.Empty<string>(), .. listsPortable ? [PortabilityExtension] : Array.Empty<string>()]);
        byte* layerName = layer.Pointer;
        ApplicationInfo info = new()
        {
            SType = StructureType.ApplicationInfo,
            PApplicationName = application.Pointer,
            PEngineName = application.Pointer,
            ApiVersion = Vk.Version13,
        };
        DebugUtilsMessengerCreateInfoEXT messenger = ValidationMessages.Messenger;
        InstanceCreateInfo create = new()
        {
            SType = StructureType.InstanceCreateInfo,
            PApplicationInfo = &info,
            PNext = validates ? &messenger : null,
            EnabledLayerCount = validates ? 1u : 0,
            PpEnabledLayerNames = &layerName,
            EnabledExtensionCount = (uint)extensions.Count,
            PpEnabledExtensionNames = extensions.Pointers,
            Flags = listsPortable ? InstanceCreateFlags.EnumeratePortabilityBitKhr : 0,
        };
        Instance instance;
        Result result = vk.CreateInstance(&create, null, &instance);
        if (result == Result.ErrorIncompatibleDriver)
        {
            throw new VulkanUnavailableException("there is no Vulkan driver: install the one of your GPU");
        }

        result.Require("start", "Vulkan");
        if (validates)
        {
            using Utf8Text name = new("vkCreateDebugUtilsMessengerEXT");
            delegate* unmanaged<Instance, DebugUtilsMessengerCreateInfoEXT*, AllocationCallbacks*, DebugUtilsMessengerEXT*, Result> createMessenger =
                (delegate* unmanaged<Instance, DebugUtilsMessengerCreateInfoEXT*, AllocationCallbacks*, DebugUtilsMessengerEXT*, Result>)
                vk.GetInstanceProcAddr(instance, name.Pointer).Handle;
            DebugUtilsMessengerEXT handle;
            createMessenger(instance, &messenger, null, &handle).Require("report what the validation layers say", "Vulkan");
        }

        return instance;
    }

    private static bool HasExtension(Vk vk, string extension)
    {
        uint count = 0;
        vk.EnumerateInstanceExtensionProperties((byte*)null, &count, null).Require("list extensions", "Vulkan");
        ExtensionProperties[] extensions = new ExtensionProperties[count];
        fixed (ExtensionProperties* first = extensions)
        {
            vk.EnumerateInstanceExtensionProperties((byte*)null, &count, first).Require("list extensions", "Vulkan");
            for (int i = 0; i < count; i++)
            {
                if (Marshal.PtrToStringUTF8((nint)first[i].ExtensionName) == extension)
                {
                    return true;
                }
            }
        }

        return false;
    }

    private static bool HasLayer(Vk vk, string layer)
    {
        uint count = 0;
        vk.EnumerateInstanceLayerProperties(&count, null).Require("list layers", "Vulkan");
        LayerProperties[] layers = new LayerProperties[count];
        fixed (LayerProperties* first = layers)
        {
            vk.EnumerateInstanceLayerProperties(&count, first).Require("list layers", "Vulkan");
            for (int i = 0; i < count; i++)
            {
                if (Marshal.PtrToStringUTF8((nint)first[i].LayerName) == layer)
                {
                    return true;
                }
            }
        }

        return false;
    }
}
