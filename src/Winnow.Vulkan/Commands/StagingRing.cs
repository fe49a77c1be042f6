using Winnow.Vulkan.Memory;
using Winnow.Vulkan.Native;

namespace Winnow.Vulkan.Commands;

/// <summary>Host memory that commands read, used in turn: what is staged stays until the submission that reads it is done.</summary>
internal sealed unsafe class StagingRing(VulkanContext context)
{
    /// <summary>The most bytes that fit in one piece; more is staged in memory of its own.</summary>
    public const int LargestPiece = 1 << 20;

    private const ulong Size = 8UL << 20;
    private const ulong Alignment = 64;

    private readonly Queue<(ulong Submission, ulong End)> _marks = new(64);
    private MemorySlice? _memory;
    private ulong _head;
    private ulong _tail;

    /// <summary>How much was ever staged.</summary>
    public ulong Head => _head;

    /// <summary>Takes room for bytes.</summary>
    /// <returns>The room, or nothing where commands under way still need it: reclaim and ask again.</returns>
    public bool TryTake(int bytes, out MemorySlice slice)
    {
        _memory ??= context.Pool(MemoryKind.Upload).Take(Size);
        ulong size = ((ulong)bytes + Alignment - 1) / Alignment * Alignment;
        ulong start = _head;
        ulong offset = start % Size;
        if (offset + size > Size)
        {
            start += Size - offset;
            offset = 0;
        }

        if (start + size - _tail > Size)
        {
            slice = default;
            return false;
        }

        _head = start + size;
        slice = new MemorySlice(_memory.Value.Block, _memory.Value.Offset + offset, size);
        return true;
    }

    /// <summary>Says which submission reads what was staged before a point.</summary>
    public void Mark(ulong submission, ulong end) => _marks.Enqueue((submission, end));

    /// <summary>Frees what submissions up to one have read.</summary>
    public void Reclaim(ulong completed)
    {
        while (_marks.TryPeek(out (ulong Submission, ulong End) mark) && mark.Submission <= completed)
        {
            _tail = Math.Max(_tail, mark.End);
            _marks.Dequeue();
        }
    }
}
