using Silk.NET.Vulkan;
using Winnow.Vulkan.Native;
using Buffer = Silk.NET.Vulkan.Buffer;
using Device = Silk.NET.Vulkan.Device;

namespace Winnow.Vulkan.Memory;

/// <summary>Memory of the host as a block of the device: what lies in a mapped file is read there, and stays in memory once.</summary>
internal static unsafe class HostMemory
{
    private const ExternalMemoryHandleTypeFlags Handle = ExternalMemoryHandleTypeFlags.HostAllocationBitExt;

    /// <summary>Imports pages.</summary>
    /// <param name="context">The device.</param>
    /// <param name="pages">The first byte, aligned as the device asks for.</param>
    /// <param name="bytes">How many; a multiple of the alignment.</param>
    /// <returns>The block; null where the driver refuses, as some do for pages of a file.</returns>
    public static MemoryBlock? TryImport(VulkanContext context, byte* pages, ulong bytes)
    {
        Vk vk = context.Vk;
        ExternalMemoryBufferCreateInfo external = new() { SType = StructureType.ExternalMemoryBufferCreateInfo, HandleTypes = Handle };
        BufferCreateInfo create = new()
        {
            SType = StructureType.BufferCreateInfo,
            PNext = &external,
            Size = bytes,
            Usage = BufferUsageFlags.StorageBufferBit | BufferUsageFlags.TransferSrcBit | BufferUsageFlags.ShaderDeviceAddressBit,
            SharingMode = SharingMode.Exclusive,
        };
        Buffer buffer;
        if (vk.CreateBuffer(context.Device, &create, null, &buffer) != Result.Success)
        {
            return null;
        }

        if (TryAllocate(context, buffer, pages, bytes) is not { } memory)
        {
            vk.DestroyBuffer(context.Device, buffer, null);
            return null;
        }

        context.Label(ObjectType.Buffer, buffer.Handle, "imported");
        BufferDeviceAddressInfo address = new() { SType = StructureType.BufferDeviceAddressInfo, Buffer = buffer };
        return new MemoryBlock(buffer, memory, vk.GetBufferDeviceAddress(context.Device, &address), bytes, pages, isImported: true);
    }

    private static DeviceMemory? TryAllocate(VulkanContext context, Buffer buffer, byte* pages, ulong bytes)
    {
        Vk vk = context.Vk;
        MemoryRequirements requirements;
        vk.GetBufferMemoryRequirements(context.Device, buffer, &requirements);
        MemoryHostPointerPropertiesEXT properties = new() { SType = StructureType.MemoryHostPointerPropertiesExt };
        delegate* unmanaged<Device, ExternalMemoryHandleTypeFlags, void*, MemoryHostPointerPropertiesEXT*, Result> ask =
            (delegate* unmanaged<Device, ExternalMemoryHandleTypeFlags, void*, MemoryHostPointerPropertiesEXT*, Result>)
            context.Adapter.Instance.Function("vkGetMemoryHostPointerPropertiesEXT");
        if (requirements.Size > bytes || ask(context.Device, Handle, pages, &properties) != Result.Success)
        {
            return null;
        }

        uint types = requirements.MemoryTypeBits & properties.MemoryTypeBits;
        if (types == 0)
        {
            return null;
        }

        ImportMemoryHostPointerInfoEXT import = new() { SType = StructureType.ImportMemoryHostPointerInfoExt, HandleType = Handle, PHostPointer = pages };
        MemoryAllocateFlagsInfo flags = new()
        {
            SType = StructureType.MemoryAllocateFlagsInfo,
            PNext = &import,
            Flags = MemoryAllocateFlags.DeviceAddressBit,
        };
        MemoryAllocateInfo allocate = new()
        {
            SType = StructureType.MemoryAllocateInfo,
            PNext = &flags,
            AllocationSize = bytes,
            MemoryTypeIndex = (uint)System.Numerics.BitOperations.TrailingZeroCount(types),
        };
        DeviceMemory memory;
        if (vk.AllocateMemory(context.Device, &allocate, null, &memory) != Result.Success)
        {
            return null;
        }

        if (vk.BindBufferMemory(context.Device, buffer, memory, 0) != Result.Success)
        {
            vk.FreeMemory(context.Device, memory, null);
            return null;
        }

        return memory;
    }
}
