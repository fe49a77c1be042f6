using Silk.NET.Vulkan;
using Winnow.Vulkan.Commands;
using Winnow.Vulkan.Memory;
using Winnow.Vulkan.Shaders;

namespace Winnow.Vulkan.Native;

/// <summary>A logical device with its queue, memory, commands and pipelines: one for each adapter, shared by all engines on it.</summary>
internal sealed unsafe class VulkanContext
{
    private static readonly Lock Sharing = new();
    private static readonly Dictionary<int, VulkanContext> Shared = [];

    private readonly MemoryPool?[] _pools = new MemoryPool?[Enum.GetValues<MemoryKind>().Length];
    private readonly delegate* unmanaged<Device, DebugUtilsObjectNameInfoEXT*, Result> _setName;
    private int _users;

    /// <summary>A context that only those who are given it share.</summary>
    /// <param name="adapter">The device.</param>
    /// <param name="name">What it is called.</param>
    /// <param name="order">How freely commands may be done; null for what the environment says.</param>
    public VulkanContext(VulkanAdapter adapter, string name, CommandOrder? order = null)
    {
        Adapter = adapter;
        Vk = adapter.Instance.Vk;
        Name = name;
        uint family = (uint)adapter.FindQueue();
        Device = CreateDevice(family);
        Vk.GetDeviceQueue(Device, family, 0, out Queue queue);
        if (ValidationMessages.AreWanted)
        {
            _setName = (delegate* unmanaged<Device, DebugUtilsObjectNameInfoEXT*, Result>)adapter.Instance.Function("vkSetDebugUtilsObjectNameEXT");
        }

        Commands = new CommandRecorder(this, queue, family, order ?? VulkanSettings.Order);
        Shaders = new ShaderLibrary(this);
        Variants = new ShaderVariants(this);
    }

    public VulkanAdapter Adapter { get; }

    public Vk Vk { get; }

    public Device Device { get; }

    /// <summary>How users call it: <c>vulkan:0</c>.</summary>
    public string Name { get; }

    public CommandRecorder Commands { get; }

    public ShaderLibrary Shaders { get; }

    /// <summary>Which shaders stand for the plain ones on this device.</summary>
    public ShaderVariants Variants { get; }

    /// <summary>Whether it is gone: what is disposed now has nothing left to free.</summary>
    public bool IsDestroyed { get; private set; }

    /// <summary>The context of an adapter, for one more user.</summary>
    public static VulkanContext Open(VulkanAdapter adapter)
    {
        lock (Sharing)
        {
            if (!Shared.TryGetValue(adapter.Index, out VulkanContext? context))
            {
                context = new VulkanContext(adapter, $"vulkan:{adapter.Index}");
                Shared.Add(adapter.Index, context);
            }

            return context.Join();
        }
    }

    /// <summary>This context, for one more user.</summary>
    public VulkanContext Join()
    {
        lock (Sharing)
        {
            _users++;
            return this;
        }
    }

    /// <summary>One user less; the last one takes everything with it.</summary>
    public void Close()
    {
        lock (Sharing)
        {
            if (--_users == 0)
            {
                if (Shared.TryGetValue(Adapter.Index, out VulkanContext? shared) && shared == this)
                {
                    Shared.Remove(Adapter.Index);
                }

                Destroy();
            }
        }
    }

    /// <summary>The memory of a kind. Ask under the lock of the commands.</summary>
    public MemoryPool Pool(MemoryKind kind) => _pools[(int)kind] ??= new MemoryPool(this, kind);

    /// <summary>Bytes of a heap that may still be taken: the driver's budget where it tells one, else what is not ours; less where a variable says so.</summary>
    public ulong FreeBytes(int heap)
    {
        ulong ours = 0;
        foreach (MemoryPool? pool in _pools)
        {
            ours += pool?.Heap == heap ? pool.Reserved : 0;
        }

        ulong free = Adapter.FreeBytesOfHeaps()[heap];
        if (!Adapter.HasBudget)
        {
            free -= Math.Min(free, ours);
        }

        return VulkanSettings.HeapLimit is { } limit ? Math.Min(free, limit - Math.Min(limit, ours)) : free;
    }

    /// <summary>Names an object for tools and validation layers.</summary>
    public void Label(ObjectType type, ulong handle, string name)
    {
        if (_setName is not null)
        {
            using Utf8Text text = new(name);
            DebugUtilsObjectNameInfoEXT info = new()
            {
                SType = StructureType.DebugUtilsObjectNameInfoExt,
                ObjectType = type,
                ObjectHandle = handle,
                PObjectName = text.Pointer,
            };
            _setName(Device, &info).Require("name an object", Name);
        }
    }

    private Device CreateDevice(uint family)
    {
        float priority = 1;
        DeviceQueueCreateInfo queue = new()
        {
            SType = StructureType.DeviceQueueCreateInfo,
            QueueFamilyIndex = family,
            QueueCount = 1,
            PQueuePriorities = &priority,
        };
        using VulkanFeatures features = new();
        features.AskForNeeded();
        List<string> names = [.. new[] { "VK_EXT_memory_budget", "VK_KHR_portability_subset", VulkanAdapter.ImportExtension }.Where(Adapter.Extensions.Contains)];
        if (Adapter.HasSubgroups)
        {
            features.AskForSubgroups();
        }

        if (Adapter.HasIntegerDots)
        {
            features.AskForIntegerDots();
        }

        if (Adapter.HasCooperativeMatrices)
        {
            features.AskForCooperativeMatrices();
            names.Add(CooperativeMatrices.Extension);
        }

        if (Adapter.HasWorkgroupMatrices)
        {
            features.AskForWorkgroupMatrices();
            names.Add(WorkgroupMatrices.Extension);
        }

        using Utf8Texts extensions = new([.. names]);
        DeviceCreateInfo create = new()
        {
            SType = StructureType.DeviceCreateInfo,
            PNext = features.First,
            QueueCreateInfoCount = 1,
            PQueueCreateInfos = &queue,
            EnabledExtensionCount = (uint)extensions.Count,
            PpEnabledExtensionNames = extensions.Pointers,
        };
        Device device;
        Vk.CreateDevice(Adapter.Handle, &create, null, &device).Require("be opened", $"{Name} ({Adapter.Description})");
        return device;
    }

    private void Destroy()
    {
        Vk.DeviceWaitIdle(Device);
        IsDestroyed = true;
        Shaders.Dispose();
        Commands.Dispose();
        foreach (MemoryPool? pool in _pools)
        {
            pool?.Destroy();
        }

        Vk.DestroyDevice(Device, null);
    }
}
