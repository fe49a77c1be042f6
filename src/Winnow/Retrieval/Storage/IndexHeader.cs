using System.Buffers.Binary;
using System.Security.Cryptography;
using Winnow.Formats;

namespace Winnow.Retrieval.Storage;

/// <summary>The fixed beginning of an index file: magic, version, and two slots that name the current state and the one before.</summary>
/// <remarks>
/// A change appends its blocks and a new list of documents, then overwrites the older slot. Until the last byte of that slot is
/// on the disk, the other one still names a complete state; a slot that was torn fails its own checksum.
/// </remarks>
internal static class IndexHeader
{
    /// <summary>Bytes of the header; blocks begin behind it.</summary>
    public const int Bytes = 1536;

    /// <summary>Bytes of a slot.</summary>
    public const int SlotBytes = 64;

    private const int Version = 1;
    private const int CheckedBytes = SlotBytes - sizeof(ulong);

    private static ReadOnlySpan<byte> Magic => "WINNOWIX"u8;

    /// <summary>Where a slot lies: each in a sector of its own.</summary>
    public static int SlotOffset(long generation) => generation % 2 == 0 ? 512 : 1024;

    /// <summary>The header of a new file, without any state.</summary>
    public static byte[] Create()
    {
        byte[] header = new byte[Bytes];
        Magic.CopyTo(header);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(Magic.Length), Version);
        return header;
    }

    /// <summary>Whether a file begins with the magic.</summary>
    public static bool IsHeader(string path)
    {
        using FileStream stream = File.OpenRead(path);
        Span<byte> start = stackalloc byte[8];
        return stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) == start.Length && start.SequenceEqual(Magic);
    }

    /// <summary>The bytes of a slot.</summary>
    public static byte[] Slot(IndexSlot slot)
    {
        byte[] bytes = new byte[SlotBytes];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, slot.Generation);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(8), slot.Offset);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(16), slot.Length);
        slot.Sha256.CopyTo(bytes.AsSpan(24));
        SHA256.HashData(bytes.AsSpan(0, CheckedBytes)).AsSpan(0, sizeof(ulong)).CopyTo(bytes.AsSpan(CheckedBytes));
        return bytes;
    }

    /// <summary>Reads the slots of a header, the newest first; a torn one is left out.</summary>
    /// <param name="path">The file, for errors.</param>
    /// <param name="header">Its first bytes.</param>
    /// <param name="isTorn">Whether a slot was left out because it is damaged.</param>
    /// <exception cref="ModelFormatException">It is no index, or one of another version.</exception>
    public static IReadOnlyList<IndexSlot> Read(string path, ReadOnlySpan<byte> header, out bool isTorn)
    {
        if (header.Length < Magic.Length || !header[..Magic.Length].SequenceEqual(Magic))
        {
            throw new ModelFormatException(path, "is no document index");
        }

        if (header.Length < Bytes)
        {
            throw new ModelFormatException(path, "is damaged: it ends too early");
        }

        int version = BinaryPrimitives.ReadInt32LittleEndian(header[Magic.Length..]);
        if (version != Version)
        {
            throw new ModelFormatException(path, $"is an index of version {version}; this program reads version {Version}");
        }

        List<IndexSlot> slots = [];
        isTorn = false;
        for (int parity = 0; parity < 2; parity++)
        {
            ReadOnlySpan<byte> bytes = header.Slice(SlotOffset(parity), SlotBytes);
            if (SHA256.HashData(bytes[..CheckedBytes]).AsSpan(0, sizeof(ulong)).SequenceEqual(bytes[CheckedBytes..]))
            {
                slots.Add(new IndexSlot(
                    BinaryPrimitives.ReadInt64LittleEndian(bytes),
                    BinaryPrimitives.ReadInt64LittleEndian(bytes[8..]),
                    BinaryPrimitives.ReadInt64LittleEndian(bytes[16..]),
                    bytes[24..CheckedBytes].ToArray()));
            }
            else
            {
                isTorn |= bytes.ContainsAnyExcept((byte)0);
            }
        }

        slots.Sort((a, b) => b.Generation.CompareTo(a.Generation));
        return slots;
    }
}
