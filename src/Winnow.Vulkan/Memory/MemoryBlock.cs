using Silk.NET.Vulkan;
using Buffer = Silk.NET.Vulkan.Buffer;

namespace Winnow.Vulkan.Memory;

/// <summary>One allocation of a driver with a buffer over all of it, handed out in slices.</summary>
internal sealed unsafe class MemoryBlock(Buffer buffer, DeviceMemory memory, ulong address, ulong bytes, byte* mapped, bool isImported = false)
{
    // Free ranges by offset, never adjacent; memory of somebody else has none to give.
    private readonly List<(ulong Offset, ulong Bytes)> _free = isImported ? [] : [(0, bytes)];

    public Buffer Buffer => buffer;

    public DeviceMemory Memory => memory;

    public ulong Address => address;

    public ulong Bytes => bytes;

    /// <summary>Whether it lies over memory that belongs to somebody else.</summary>
    public bool IsImported => isImported;

    /// <summary>Where the host sees the first byte; null where it cannot.</summary>
    public byte* Mapped => mapped;

    /// <summary>Takes bytes from the first hole that is large enough.</summary>
    public bool TryTake(ulong size, out ulong offset)
    {
        for (int i = 0; i < _free.Count; i++)
        {
            (ulong start, ulong length) = _free[i];
            if (length >= size)
            {
                offset = start;
                if (length == size)
                {
                    _free.RemoveAt(i);
                }
                else
                {
                    _free[i] = (start + size, length - size);
                }

                return true;
            }
        }

        offset = 0;
        return false;
    }

    /// <summary>Gives bytes back and joins them with the holes beside them.</summary>
    public void Return(ulong offset, ulong size)
    {
        int at = 0;
        while (at < _free.Count && _free[at].Offset < offset)
        {
            at++;
        }

        if (at < _free.Count && offset + size == _free[at].Offset)
        {
            size += _free[at].Bytes;
            _free.RemoveAt(at);
        }

        if (at > 0 && _free[at - 1].Offset + _free[at - 1].Bytes == offset)
        {
            _free[at - 1] = (_free[at - 1].Offset, _free[at - 1].Bytes + size);
        }
        else
        {
            _free.Insert(at, (offset, size));
        }
    }
}
