using System.Runtime.InteropServices;

namespace Winnow.Compute;

/// <summary>Reads back what a <see cref="StateBuffer"/> holds, in the order in which it was written.</summary>
/// <param name="bytes">What was written.</param>
internal ref struct StateReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    /// <summary>Checks that rows lie in the cache: a saved session may be of any origin.</summary>
    /// <exception cref="InvalidDataException">One of them does not.</exception>
    public static void RequireRows(ReadOnlySpan<int> rows, int length)
    {
        foreach (int row in rows)
        {
            if ((uint)row >= (uint)length)
            {
                throw new InvalidDataException($"the state of an attention method names row {row} of {length}");
            }
        }
    }

    /// <summary>Checks that rows lie in the cache and ascend without duplicates.</summary>
    /// <exception cref="InvalidDataException">They do not.</exception>
    public static void RequireAscending(ReadOnlySpan<int> rows, int length)
    {
        RequireRows(rows, length);
        for (int i = 1; i < rows.Length; i++)
        {
            if (rows[i] <= rows[i - 1])
            {
                throw new InvalidDataException($"the state of an attention method names row {rows[i]} after row {rows[i - 1]}");
            }
        }
    }

    /// <summary>Reads a number.</summary>
    /// <exception cref="InvalidDataException">The state ends before it.</exception>
    public int ReadInt32() => MemoryMarshal.Read<int>(Take(sizeof(int)));

    /// <summary>Reads a large number.</summary>
    /// <exception cref="InvalidDataException">The state ends before it.</exception>
    public long ReadInt64() => MemoryMarshal.Read<long>(Take(sizeof(long)));

    /// <summary>Reads a number that says how many elements of some bytes each follow.</summary>
    /// <exception cref="InvalidDataException">There are not as many: checked before anything of that size is allocated.</exception>
    public int ReadCount(int elementBytes)
    {
        int count = ReadInt32();
        return count >= 0 && (long)count * elementBytes <= _rest.Length
            ? count
            : throw new InvalidDataException($"the state of an attention method holds an impossible count, {count}");
    }

    /// <summary>Reads as many values as there is room for.</summary>
    /// <exception cref="InvalidDataException">There are fewer.</exception>
    public void Read<T>(scoped Span<T> values)
        where T : unmanaged
    {
        Span<byte> target = MemoryMarshal.AsBytes(values);
        Take(target.Length).CopyTo(target);
    }

    /// <summary>Takes bytes as they are.</summary>
    /// <exception cref="InvalidDataException">There are fewer.</exception>
    public ReadOnlySpan<byte> Take(int count)
    {
        if (count > _rest.Length)
        {
            throw new InvalidDataException("the state of an attention method ends too early");
        }

        ReadOnlySpan<byte> taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }
}
