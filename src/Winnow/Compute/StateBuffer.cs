using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Winnow.Compute;

/// <summary>Numbers that a method writes down about itself, to be read back by a <see cref="StateReader"/>. Reused: refilling allocates only to grow.</summary>
internal sealed class StateBuffer
{
    private byte[] _bytes = [];
    private int _length;

    /// <summary>What was written.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _length);

    /// <summary>Bytes of memory that the buffer takes.</summary>
    public int Capacity => _bytes.Length;

    /// <summary>Begins anew.</summary>
    public void Clear() => _length = 0;

    /// <summary>Appends a number.</summary>
    public void Write(int value) => Write<int>([value]);

    /// <summary>Appends a large number.</summary>
    public void Write(long value) => Write<long>([value]);

    /// <summary>Appends values, without their count.</summary>
    public void Write<T>(scoped ReadOnlySpan<T> values)
        where T : unmanaged
    {
        int length = checked(_length + (values.Length * Unsafe.SizeOf<T>()));
        if (_bytes.Length < length)
        {
            Array.Resize(ref _bytes, Math.Max(length, _bytes.Length + (_bytes.Length / 2)));
        }

        MemoryMarshal.AsBytes(values).CopyTo(_bytes.AsSpan(_length));
        _length = length;
    }
}
