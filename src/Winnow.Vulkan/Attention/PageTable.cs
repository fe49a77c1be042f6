using System.Runtime.InteropServices;
using Winnow.Compute;
using Winnow.Vulkan.Memory;
using Winnow.Vulkan.Native;

namespace Winnow.Vulkan.Attention;

/// <summary>The addresses of a group's pages, on the device.</summary>
internal sealed class PageTable(VulkanContext context) : IDisposable
{
    private VulkanBuffer? _buffer;
    private ulong[] _addresses = [];
    private int _count;
    private int _version = -1;

    /// <summary>Where the addresses lie.</summary>
    public ulong Address => _buffer!.Address;

    /// <summary>The memory that holds them.</summary>
    public MemoryRange Range => MemoryRange.Of(_buffer!);

    /// <summary>From the first byte of any page to the last, whatever lies between.</summary>
    public MemoryRange Pages { get; private set; }

    /// <summary>All addresses joined by or: what each is a multiple of.</summary>
    public ulong Alignment { get; private set; }

    /// <summary>When the table was last asked for.</summary>
    public long LastUse { get; set; }

    /// <summary>From the first byte of some pages to the last.</summary>
    public MemoryRange Hull(int firstPage, int pages, long pageBytes)
    {
        ulong lowest = ulong.MaxValue;
        ulong highest = 0;
        foreach (ulong address in _addresses.AsSpan(firstPage, pages))
        {
            lowest = Math.Min(lowest, address);
            highest = Math.Max(highest, address + (ulong)pageBytes);
        }

        return pages == 0 ? default : new MemoryRange(lowest, highest - lowest);
    }

    /// <summary>Brings the table up to date: only what changed is written.</summary>
    public void Update(KvGroup group)
    {
        if (_version == group.Version && _buffer is not null)
        {
            return;
        }

        ReadOnlySpan<KvPage> pages = group.Pages;
        int first = _count;
        if (_addresses.Length < pages.Length || _buffer is null)
        {
            int capacity = Math.Max(64, Math.Max(pages.Length, 2 * _addresses.Length));
            Array.Resize(ref _addresses, capacity);
            _buffer?.Dispose();
            _buffer = new VulkanBuffer(context, (long)capacity * sizeof(ulong), clears: false);
            first = 0;
        }

        ulong alignment = 0;
        for (int i = 0; i < pages.Length; i++)
        {
            ulong address = ((VulkanBuffer)pages[i].Buffer).Address + (ulong)pages[i].OffsetBytes;
            if (_addresses[i] != address)
            {
                _addresses[i] = address;
                first = Math.Min(first, i);
            }

            alignment |= address;
        }

        if (first < pages.Length)
        {
            _buffer.Write((long)first * sizeof(ulong), MemoryMarshal.AsBytes(_addresses.AsSpan(first, pages.Length - first)));
        }

        _count = pages.Length;
        _version = group.Version;
        Alignment = alignment;
        Pages = Hull(0, pages.Length, group.Layout.PageBytes);
    }

    public void Dispose() => _buffer?.Dispose();
}
