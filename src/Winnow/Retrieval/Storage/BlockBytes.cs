using System.Runtime.InteropServices;
using Winnow.Formats;

namespace Winnow.Retrieval.Storage;

/// <summary>The bytes of a block: in memory, or in a mapped file.</summary>
internal sealed class BlockBytes
{
    private readonly byte[]? _memory;
    private readonly MappedFile? _file;
    private readonly long _offset;

    public BlockBytes(byte[] memory)
    {
        _memory = memory;
        Length = memory.Length;
    }

    public BlockBytes(MappedFile file, long offset, int length)
    {
        _file = file;
        _offset = offset;
        Length = length;
    }

    public int Length { get; }

    public ReadOnlySpan<byte> Span => _file is null ? _memory : _file.Bytes(_offset, Length);

    /// <summary>A part of the bytes as values; the offset is aligned to four bytes.</summary>
    public ReadOnlySpan<T> Values<T>(int offset, int count)
        where T : unmanaged => MemoryMarshal.Cast<byte, T>(Span[offset..])[..count];
}
