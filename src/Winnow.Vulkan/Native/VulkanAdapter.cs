using System.Runtime.InteropServices;
using Silk.NET.Vulkan;

namespace Winnow.Vulkan.Native;

/// <summary>A device that a driver offers, and whether Winnow can use it.</summary>
internal sealed unsafe class VulkanAdapter
{
    /// <summary>What lets a device read memory of the host where it lies.</summary>
    public const string ImportExtension = "VK_EXT_external_memory_host";

    private const uint LeastVersion = (1 << 22) | (3 << 12);

    private VulkanAdapter(VulkanInstance instance, PhysicalDevice handle, int index)
    {
        Instance = instance;
        Handle = handle;
        Index = index;
        PhysicalDeviceShaderIntegerDotProductProperties dots = new() { SType = StructureType.PhysicalDeviceShaderIntegerDotProductProperties };
        PhysicalDeviceSubgroupProperties subgroups = new() { SType = StructureType.PhysicalDeviceSubgroupProperties, PNext = &dots };
        PhysicalDeviceExternalMemoryHostPropertiesEXT imports = new() { SType = StructureType.PhysicalDeviceExternalMemoryHostPropertiesExt, PNext = &subgroups };
        PhysicalDeviceDriverProperties driver = new() { SType = StructureType.PhysicalDeviceDriverProperties, PNext = &imports };
        PhysicalDeviceProperties2 properties = new() { SType = StructureType.PhysicalDeviceProperties2, PNext = &driver };
        instance.Vk.GetPhysicalDeviceProperties2(handle, &properties);
        Description = Marshal.PtrToStringUTF8((nint)properties.Properties.DeviceName) ?? "";
        Type = properties.Properties.DeviceType;
        ApiVersion = properties.Properties.ApiVersion;
        DriverVersion = properties.Properties.DriverVersion;
        VendorId = properties.Properties.VendorID;
        DeviceId = properties.Properties.DeviceID;
        PipelineCacheId = new Guid(new ReadOnlySpan<byte>(properties.Properties.PipelineCacheUuid, 16));
        Limits = properties.Properties.Limits;
        Driver = $"{Marshal.PtrToStringUTF8((nint)driver.DriverName)} {Marshal.PtrToStringUTF8((nint)driver.DriverInfo)}".Trim();
        SubgroupSize = (int)subgroups.SubgroupSize;
        SubgroupOperations = subgroups.SupportedOperations;
        HasFastIntegerDots = dots.IntegerDotProduct4x8BitPackedSignedAccelerated;
        PhysicalDeviceMemoryProperties memory;
        instance.Vk.GetPhysicalDeviceMemoryProperties(handle, &memory);
        Memory = memory;
        Extensions = ListExtensions();
        ImportAlignment = IsUnified && Extensions.Contains(ImportExtension) ? imports.MinImportedHostPointerAlignment : 0;
        Refusal = FindRefusal();
        HasSubgroups = Refusal is null && FindSubgroups();
        HasIntegerDots = HasSubgroups && FindIntegerDots();
        HasCooperativeMatrices = HasSubgroups && CooperativeMatrices.AreOffered(this);
        HasWorkgroupMatrices = WorkgroupMatrices.AreOffered(this);
    }

    public VulkanInstance Instance { get; }

    public PhysicalDevice Handle { get; }

    /// <summary>Its number: what follows the colon of <c>vulkan:0</c>.</summary>
    public int Index { get; }

    /// <summary>The name that its driver gives it.</summary>
    public string Description { get; }

    public PhysicalDeviceType Type { get; }

    public uint ApiVersion { get; }

    public uint DriverVersion { get; }

    public uint VendorId { get; }

    public uint DeviceId { get; }

    /// <summary>What compiled pipelines are valid for.</summary>
    public Guid PipelineCacheId { get; }

    /// <summary>Name and version of the driver.</summary>
    public string Driver { get; }

    public PhysicalDeviceLimits Limits { get; }

    /// <summary>Bytes that a workgroup may share; less where a variable says so.</summary>
    public ulong SharedMemory => Math.Min(Limits.MaxComputeSharedMemorySize, VulkanSettings.SharedMemoryLimit ?? ulong.MaxValue);

    public PhysicalDeviceMemoryProperties Memory { get; }

    /// <summary>Invocations of a subgroup, unless a pipeline asks for another number.</summary>
    public int SubgroupSize { get; }

    /// <summary>What the invocations of a subgroup can do together.</summary>
    public SubgroupFeatureFlags SubgroupOperations { get; }

    /// <summary>Whether shaders may rely on whole subgroups of <see cref="SubgroupSize"/> that hand values to each other.</summary>
    public bool HasSubgroups { get; }

    /// <summary>Whether the device multiplies and adds four signed bytes at once, for shaders that rely on subgroups too.</summary>
    public bool HasIntegerDots { get; }

    /// <summary>Whether it has an instruction for that.</summary>
    public bool HasFastIntegerDots { get; }

    /// <summary>Whether the device multiplies fragments of matrices as a whole, in the form that the shaders take; see <see cref="CooperativeMatrices"/>.</summary>
    public bool HasCooperativeMatrices { get; }

    /// <summary>Whether it multiplies matrices that a workgroup holds, too; see <see cref="WorkgroupMatrices"/>.</summary>
    public bool HasWorkgroupMatrices { get; }

    /// <summary>The extensions of the device.</summary>
    public IReadOnlySet<string> Extensions { get; }

    /// <summary>Why it cannot be used; null where it can.</summary>
    public string? Refusal { get; }

    /// <summary>Whether the driver tells how much memory is free.</summary>
    public bool HasBudget => Extensions.Contains("VK_EXT_memory_budget");

    /// <summary>The processor in the clothes of a GPU: never used unless asked for.</summary>
    public bool IsProcessor => Type == PhysicalDeviceType.Cpu;

    /// <summary>Whether the device computes in the memory of the system.</summary>
    public bool IsUnified => !VulkanSettings.StagesAlways && (Type is PhysicalDeviceType.IntegratedGpu or PhysicalDeviceType.Cpu);

    /// <summary>What memory of the host must be aligned to that the device is to read where it lies; 0 where it cannot.</summary>
    public ulong ImportAlignment { get; }

    /// <summary>What there is, the unusable included.</summary>
    /// <exception cref="VulkanUnavailableException">There is no loader or no driver.</exception>
    public static VulkanAdapter[] All()
    {
        VulkanInstance instance = VulkanInstance.Shared;
        PhysicalDevice[] devices = instance.PhysicalDevices();
        VulkanAdapter[] adapters = new VulkanAdapter[devices.Length];
        for (int i = 0; i < devices.Length; i++)
        {
            adapters[i] = new VulkanAdapter(instance, devices[i], i);
        }

        return adapters;
    }

    /// <summary>Bytes of each heap that this process may still take: the driver's budget where it tells one, else the heap's size.</summary>
    public ulong[] FreeBytesOfHeaps()
    {
        ulong[] free = new ulong[Memory.MemoryHeapCount];
        PhysicalDeviceMemoryBudgetPropertiesEXT budget = new() { SType = StructureType.PhysicalDeviceMemoryBudgetPropertiesExt };
        PhysicalDeviceMemoryProperties2 properties = new() { SType = StructureType.PhysicalDeviceMemoryProperties2, PNext = HasBudget ? &budget : null };
        Instance.Vk.GetPhysicalDeviceMemoryProperties2(Handle, &properties);
        for (int i = 0; i < free.Length; i++)
        {
            free[i] = HasBudget ? budget.HeapBudget[i] - Math.Min(budget.HeapBudget[i], budget.HeapUsage[i]) : Memory.MemoryHeaps[i].Size;
        }

        return free;
    }

    private string? FindRefusal()
    {
        if (ApiVersion < LeastVersion)
        {
            return $"its driver knows Vulkan {ApiVersion >> 22}.{(ApiVersion >> 12) & 0x3FF}; Winnow needs 1.3: update the driver";
        }

        using VulkanFeatures features = new();
        Instance.Vk.GetPhysicalDeviceFeatures2(Handle, features.First);
        string missing = string.Join(", ", features.Missing());
        return missing.Length == 0 ? FindQueue() < 0 ? "it has no queue for compute shaders" : null : $"its driver lacks {missing}: update it";
    }

    /// <summary>The family of queues that computes and copies; one that does nothing else where there is a choice. -1 for none.</summary>
    public int FindQueue()
    {
        uint count = 0;
        Instance.Vk.GetPhysicalDeviceQueueFamilyProperties(Handle, &count, null);
        QueueFamilyProperties* families = stackalloc QueueFamilyProperties[(int)count];
        Instance.Vk.GetPhysicalDeviceQueueFamilyProperties(Handle, &count, families);
        for (int i = 0; i < count; i++)
        {
            if ((families[i].QueueFlags & QueueFlags.ComputeBit) != 0)
            {
                return i;
            }
        }

        return -1;
    }

    private bool FindSubgroups()
    {
        const SubgroupFeatureFlags Operations = SubgroupFeatureFlags.BasicBit | SubgroupFeatureFlags.ShuffleRelativeBit;
        using VulkanFeatures features = new();
        Instance.Vk.GetPhysicalDeviceFeatures2(Handle, features.First);
        return !VulkanSettings.Without.Contains("subgroup") && features.HaveWholeSubgroups && (SubgroupOperations & Operations) == Operations
            && SubgroupSize is 8 or 16 or 32 or 64;
    }

    private bool FindIntegerDots()
    {
        using VulkanFeatures features = new();
        Instance.Vk.GetPhysicalDeviceFeatures2(Handle, features.First);
        return !VulkanSettings.Without.Contains("integer-dot") && features.HaveIntegerDots;
    }

    private HashSet<string> ListExtensions()
    {
        uint count = 0;
        Instance.Vk.EnumerateDeviceExtensionProperties(Handle, (byte*)null, &count, null).Require("list extensions", Description);
        ExtensionProperties[] extensions = new ExtensionProperties[count];
        HashSet<string> names = [];
        fixed (ExtensionProperties* first = extensions)
        {
            Instance.Vk.EnumerateDeviceExtensionProperties(Handle, (byte*)null, &count, first).Require("list extensions", Description);
            for (int i = 0; i < count; i++)
            {
                names.Add(Marshal.PtrToStringUTF8((nint)first[i].ExtensionName) ?? "");
            }
        }

        return names;
    }
}
