using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Winnow.Retrieval.Storage;

/// <summary>The byte form of a block: a magic number, five counts, then sections, each with its length in front and aligned to four bytes.</summary>
internal sealed class BlockWriter
{
    /// <summary>"WBK1".</summary>
    public const int Magic = 0x314B4257;

    /// <summary>Sections are aligned to this.</summary>
    public const int Alignment = 4;

    private readonly ArrayBufferWriter<byte> _bytes = new();

    public void Write(int tokens, int units, int characters, int words, int autoencoders)
    {
        foreach (int value in (ReadOnlySpan<int>)[Magic, tokens, units, characters, words, autoencoders])
        {
            WriteInt32(value);
        }
    }

    /// <summary>Appends a section of little-endian values.</summary>
    public void Section<T>(ReadOnlySpan<T> values)
        where T : unmanaged
    {
        if (!BitConverter.IsLittleEndian)
        {
            throw new PlatformNotSupportedException("index files are read and written on little-endian processors only");
        }

        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(values);
        WriteInt32(bytes.Length);
        _bytes.Write(bytes);
        int padding = -bytes.Length & (Alignment - 1);
        _bytes.GetSpan(Alignment)[..padding].Clear();
        _bytes.Advance(padding);
    }

    public byte[] ToArray() => _bytes.WrittenSpan.ToArray();

    private void WriteInt32(int value)
    {
        BinaryPrimitives.WriteInt32LittleEndian(_bytes.GetSpan(sizeof(int)), value);
        _bytes.Advance(sizeof(int));
    }
}
