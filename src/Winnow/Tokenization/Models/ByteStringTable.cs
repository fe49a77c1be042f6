using System.Buffers.Binary;
using System.Numerics;

namespace Winnow.Tokenization.Models;

/// <summary>
/// Byte strings numbered from zero, with look-up of the number by content. The bytes of all entries lie in one array,
/// and the look-up is an open-addressing table over it: no object per token, no copy per query.
/// </summary>
internal sealed class ByteStringTable
{
    private byte[] _bytes;
    private int[] _ends;
    private int[] _slots;
    private int _findable;

    public ByteStringTable(int capacity)
    {
        _bytes = new byte[Math.Max(16, capacity * 8)];
        _ends = new int[Math.Max(16, capacity)];
        _slots = new int[BitOperations.RoundUpToPowerOf2((uint)Math.Max(32, capacity * 2))];
    }

    public int Count { get; private set; }

    /// <summary>The longest entry that can be found, in bytes.</summary>
    public int LongestFindable { get; private set; }

    public ReadOnlySpan<byte> this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
            int start = index == 0 ? 0 : _ends[index - 1];
            return _bytes.AsSpan(start, _ends[index] - start);
        }
    }

    /// <summary>Appends an entry.</summary>
    /// <param name="value">Its bytes.</param>
    /// <param name="findable">Whether <see cref="Find"/> sees it; the first of equal entries wins.</param>
    /// <returns>Its number.</returns>
    public int Add(ReadOnlySpan<byte> value, bool findable = true)
    {
        int start = Count == 0 ? 0 : _ends[Count - 1];
        int end = checked(start + value.Length);
        if (end > _bytes.Length)
        {
            Array.Resize(ref _bytes, (int)Math.Min(Array.MaxLength, Math.Max(end, 2L * _bytes.Length)));
        }

        if (Count == _ends.Length)
        {
            Array.Resize(ref _ends, 2 * Count);
        }

        value.CopyTo(_bytes.AsSpan(start));
        _ends[Count] = end;
        int index = Count++;
        if (findable && Find(value) < 0)
        {
            LongestFindable = Math.Max(LongestFindable, value.Length);
            Insert(index);
        }

        return index;
    }

    /// <summary>The number of an entry, or -1.</summary>
    public int Find(ReadOnlySpan<byte> value)
    {
        if (value.Length > LongestFindable)
        {
            return -1;
        }

        int mask = _slots.Length - 1;
        for (int slot = (int)Hash(value) & mask; ; slot = (slot + 1) & mask)
        {
            int index = _slots[slot] - 1;
            if (index < 0)
            {
                return -1;
            }

            int start = index == 0 ? 0 : _ends[index - 1];
            if (value.SequenceEqual(_bytes.AsSpan(start, _ends[index] - start)))
            {
                return index;
            }
        }
    }

    private void Insert(int index)
    {
        if (2 * ++_findable > _slots.Length)
        {
            int[] old = _slots;
            _slots = new int[2 * old.Length];
            foreach (int entry in old)
            {
                if (entry != 0)
                {
                    Place(entry - 1);
                }
            }
        }

        Place(index);
    }

    private void Place(int index)
    {
        int mask = _slots.Length - 1;
        int slot = (int)Hash(this[index]) & mask;
        while (_slots[slot] != 0)
        {
            slot = (slot + 1) & mask;
        }

        _slots[slot] = index + 1;
    }

    private static uint Hash(ReadOnlySpan<byte> value)
    {
        const ulong Multiplier = 0x9E3779B97F4A7C15;
        ulong hash = (ulong)value.Length * Multiplier;
        while (value.Length >= 8)
        {
            hash = BitOperations.RotateLeft((hash ^ BinaryPrimitives.ReadUInt64LittleEndian(value)) * Multiplier, 29);
            value = value[8..];
        }

        ulong tail = 0;
        foreach (byte b in value)
        {
            tail = (tail << 8) | b;
        }

        hash = (hash ^ tail) * Multiplier;
        return (uint)((hash ^ (hash >> 29)) * Multiplier >> 32);
    }
}
