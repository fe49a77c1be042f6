using Silk.NET.Vulkan;
using Winnow.Vulkan.Native;
using Buffer = Silk.NET.Vulkan.Buffer;

namespace Winnow.Vulkan.Memory;

/// <summary>Memory of one kind: few allocations of the driver, cut into slices. Used under the lock of the device's commands.</summary>
/// <remarks>
/// A slice may be handed out again as soon as it is returned: commands run in the order in which they are recorded, and hazards are
/// found by address. Only what the host writes by itself must wait for the commands that still read.
/// </remarks>
internal sealed unsafe class MemoryPool
{
    private const ulong Alignment = 256;
    private const ulong LeastBlock = 8UL << 20;
    private const ulong LargestBlock = 256UL << 20;

    // Small weights are not worth an allocation of their own; what every driver allows at once is 1 GiB.
    private const ulong LeastImport = 64UL << 10;
    private const ulong LargestImport = 1UL << 30;

    // The widest that shaders read at once.
    private const ulong ImportedAlignment = 16;

    private readonly VulkanContext _context;
    private readonly MemoryKind _kind;
    private readonly uint _type;
    private readonly bool _isMapped;
    private readonly List<MemoryBlock> _blocks = [];

    public MemoryPool(VulkanContext context, MemoryKind kind)
    {
        _context = context;
        _kind = kind;
        _type = FindType(context.Adapter, kind);
        PhysicalDeviceMemoryProperties memory = context.Adapter.Memory;
        _isMapped = (memory.MemoryTypes[(int)_type].PropertyFlags & MemoryPropertyFlags.HostVisibleBit) != 0
            && (kind != MemoryKind.Device || context.Adapter.IsUnified);
        Heap = (int)memory.MemoryTypes[(int)_type].HeapIndex;
    }

    /// <summary>The heap that it lies in.</summary>
    public int Heap { get; }

    /// <summary>Bytes that the driver gave.</summary>
    public ulong Reserved { get; private set; }

    /// <summary>Bytes that are in use.</summary>
    public ulong Used { get; private set; }

    /// <summary>Takes memory; what it holds is not defined.</summary>
    /// <exception cref="VulkanOutOfMemoryException">There is not that much.</exception>
    public MemorySlice Take(ulong bytes)
    {
        ulong size = (Math.Max(bytes, 1) + Alignment - 1) / Alignment * Alignment;
        foreach (MemoryBlock block in _blocks)
        {
            if (block.TryTake(size, out ulong offset))
            {
                Used += size;
                return new MemorySlice(block, offset, size);
            }
        }

        // Blocks grow with what is there, so that a small model does not reserve a large one.
        ulong wanted = Math.Max(size, Math.Clamp(Reserved, LeastBlock, LargestBlock));
        MemoryBlock added = TryAdd(wanted) ?? (wanted > size ? TryAdd(size) : null) ?? throw OutOfMemory(size);
        added.TryTake(size, out ulong first);
        Used += size;
        return new MemorySlice(added, first, size);
    }

    /// <summary>Makes memory of the host a slice, where it lies; it is not copied, and counts like memory that was taken.</summary>
    /// <param name="data">The first byte.</param>
    /// <param name="bytes">How many.</param>
    /// <returns>The slice; null where the device or its driver cannot, or where the bytes do not lie as shaders need them.</returns>
    public MemorySlice? TryImport(byte* data, ulong bytes)
    {
        ulong alignment = _context.Adapter.ImportAlignment;
        if (alignment == 0 || bytes < LeastImport || bytes > LargestImport || (ulong)data % ImportedAlignment != 0 || bytes > _context.FreeBytes(Heap))
        {
            return null;
        }

        ulong before = (ulong)data % alignment;
        ulong whole = (before + bytes + alignment - 1) / alignment * alignment;
        if (HostMemory.TryImport(_context, data - before, whole) is not { } block)
        {
            return null;
        }

        _blocks.Add(block);
        Reserved += whole;
        Used += bytes;
        return new MemorySlice(block, before, bytes);
    }

    /// <summary>Gives memory back.</summary>
    public void Return(MemorySlice slice)
    {
        Used -= slice.Bytes;
        if (slice.Block.IsImported)
        {
            _blocks.Remove(slice.Block);
            Destroy(slice.Block);
        }
        else
        {
            slice.Block.Return(slice.Offset, slice.Bytes);
        }
    }

    /// <summary>Gives everything back; no command may be under way.</summary>
    public void Destroy()
    {
        _blocks.ForEach(Destroy);
        _blocks.Clear();
    }

    private static uint FindType(VulkanAdapter adapter, MemoryKind kind)
    {
        const MemoryPropertyFlags Local = MemoryPropertyFlags.DeviceLocalBit;
        const MemoryPropertyFlags Shared = MemoryPropertyFlags.HostVisibleBit | MemoryPropertyFlags.HostCoherentBit;
        const MemoryPropertyFlags Cached = Shared | MemoryPropertyFlags.HostCachedBit;

        // Wanted flags, then flags that are better absent, best first.
        ReadOnlySpan<(MemoryPropertyFlags With, MemoryPropertyFlags Without)> wishes = kind switch
        {
            MemoryKind.Device when adapter.IsUnified => [(Local | Cached, 0), (Local | Shared, 0), (Local, 0), (0, 0)],
            MemoryKind.Device => [(Local, MemoryPropertyFlags.HostVisibleBit), (Local, 0)],
            MemoryKind.Upload => [(Shared, Local), (Shared, 0)],
            _ => [(Cached, Local), (Cached, 0), (Shared, 0)],
        };
        foreach ((MemoryPropertyFlags with, MemoryPropertyFlags without) in wishes)
        {
            PhysicalDeviceMemoryProperties memory = adapter.Memory;
            for (int i = 0; i < memory.MemoryTypeCount; i++)
            {
                MemoryPropertyFlags flags = memory.MemoryTypes[i].PropertyFlags;
                if ((flags & with) == with && (flags & without) == 0 && (flags & MemoryPropertyFlags.ProtectedBit) == 0)
                {
                    return (uint)i;
                }
            }
        }

        throw new VulkanUnavailableException($"{adapter.Description} has no memory for {kind}");
    }

    private MemoryBlock? TryAdd(ulong bytes)
    {
        if (bytes > _context.FreeBytes(Heap))
        {
            return null;
        }

        Vk vk = _context.Vk;
        BufferCreateInfo create = new()
        {
            SType = StructureType.BufferCreateInfo,
            Size = bytes,
            Usage = BufferUsageFlags.StorageBufferBit | BufferUsageFlags.TransferSrcBit | BufferUsageFlags.TransferDstBit
                | BufferUsageFlags.ShaderDeviceAddressBit,
            SharingMode = SharingMode.Exclusive,
        };
        Buffer buffer;
        if (vk.CreateBuffer(_context.Device, &create, null, &buffer) != Result.Success)
        {
            return null;
        }

        MemoryRequirements requirements;
        vk.GetBufferMemoryRequirements(_context.Device, buffer, &requirements);
        MemoryAllocateFlagsInfo flags = new() { SType = StructureType.MemoryAllocateFlagsInfo, Flags = MemoryAllocateFlags.DeviceAddressBit };
        MemoryAllocateInfo allocate = new()
        {
            SType = StructureType.MemoryAllocateInfo,
            PNext = &flags,
            AllocationSize = requirements.Size,
            MemoryTypeIndex = _type,
        };
        DeviceMemory memory;
        if (vk.AllocateMemory(_context.Device, &allocate, null, &memory) != Result.Success)
        {
            vk.DestroyBuffer(_context.Device, buffer, null);
            return null;
        }

        vk.BindBufferMemory(_context.Device, buffer, memory, 0).Require("bind memory", _context.Name);
        void* mapped = null;
        if (_isMapped)
        {
            vk.MapMemory(_context.Device, memory, 0, Vk.WholeSize, 0, &mapped).Require("map memory", _context.Name);
        }

        _context.Label(ObjectType.Buffer, buffer.Handle, $"{_kind} {_blocks.Count}");
        BufferDeviceAddressInfo address = new() { SType = StructureType.BufferDeviceAddressInfo, Buffer = buffer };
        MemoryBlock block = new(buffer, memory, vk.GetBufferDeviceAddress(_context.Device, &address), bytes, (byte*)mapped);
        _blocks.Add(block);
        Reserved += bytes;
        return block;
    }

    private void Destroy(MemoryBlock block)
    {
        _context.Vk.DestroyBuffer(_context.Device, block.Buffer, null);
        _context.Vk.FreeMemory(_context.Device, block.Memory, null);
        Reserved -= block.Bytes;
    }

    private VulkanOutOfMemoryException OutOfMemory(ulong bytes) => new(
        $"{_context.Name} has no room for {(bytes + (1 << 20) - 1) >> 20} MiB of {_kind switch { MemoryKind.Device => "its own memory", _ => "memory of the system" }}: "
        + $"{Reserved >> 20} MiB are taken, {_context.FreeBytes(Heap) >> 20} MiB are free; let the processor compute some layers (--gpu-layers auto), or use a smaller context or type of keys and values");
}
