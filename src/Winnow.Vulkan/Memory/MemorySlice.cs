namespace Winnow.Vulkan.Memory;

/// <summary>A part of a block that somebody owns.</summary>
internal readonly unsafe record struct MemorySlice(MemoryBlock Block, ulong Offset, ulong Bytes)
{
    /// <summary>Where shaders see the first byte.</summary>
    public ulong Address => Block.Address + Offset;

    /// <summary>Where the host sees the first byte; null where it cannot.</summary>
    public byte* Mapped => Block.Mapped is null ? null : Block.Mapped + Offset;

    /// <remarks>Not what a record makes of itself: ahead-of-time compilation cannot print pointers.</remarks>
    public override string ToString() => $"{Bytes} bytes at {Address:x}";
}
