using Winnow.Compute;

namespace Winnow.Cache;

/// <summary>
/// What layers remember of a sequence in a fixed number of bytes, whatever its length (short convolutions, recurrent layers): the
/// present state, and snapshots of it, because such a state cannot be cut like rows.
/// </summary>
/// <remarks>All bytes are zero before the first token. Copies stay on the device.</remarks>
internal sealed class SequenceState : IDisposable
{
    private readonly Device _device;
    private readonly int _mostSnapshots;
    private readonly List<(int Length, DeviceBuffer[] Buffers)> _snapshots = [];
    private readonly DeviceBuffer[] _buffers;

    /// <param name="device">Where the state lives.</param>
    /// <param name="parts">Names and sizes in bytes.</param>
    /// <param name="mostSnapshots">How many are kept, the newest; to begin anew takes none.</param>
    public SequenceState(Device device, IReadOnlyList<(string Name, long Bytes)> parts, int mostSnapshots)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(mostSnapshots);
        _device = device;
        _mostSnapshots = mostSnapshots;
        Parts = parts;
        _buffers = Allocate();
    }

    /// <summary>Names and sizes in bytes.</summary>
    public IReadOnlyList<(string Name, long Bytes)> Parts { get; }

    /// <summary>Bytes of the present state and its snapshots.</summary>
    public long SizeBytes => (1 + _snapshots.Count) * Parts.Sum(part => part.Bytes);

    /// <summary>The present state of a part, which operations read and write.</summary>
    /// <exception cref="ArgumentException">There is none of that name.</exception>
    public DeviceBuffer Buffer(string name)
    {
        for (int i = 0; i < Parts.Count; i++)
        {
            if (Parts[i].Name == name)
            {
                return _buffers[i];
            }
        }

        throw new ArgumentException($"the state has no part '{name}'", nameof(name));
    }

    /// <summary>Keeps the present state for <see cref="GoBack"/>; the oldest snapshot makes room where there are too many.</summary>
    /// <param name="length">Tokens that it has seen; more than those of the last snapshot.</param>
    public void Keep(int length)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(length, _snapshots.Count == 0 ? 0 : _snapshots[^1].Length);
        DeviceBuffer[] buffers;
        if (_snapshots.Count == _mostSnapshots)
        {
            buffers = _snapshots[0].Buffers;
            _snapshots.RemoveAt(0);
        }
        else
        {
            buffers = Allocate();
        }

        Copy(_buffers, buffers);
        _snapshots.Add((length, buffers));
    }

    /// <summary>Brings back the newest state that had seen no more than <paramref name="length"/> tokens, and forgets later ones.</summary>
    /// <returns>Tokens that it has seen: those after them are to be read again.</returns>
    public int GoBack(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        while (_snapshots.Count > 0 && _snapshots[^1].Length > length)
        {
            Free(_snapshots[^1].Buffers);
            _snapshots.RemoveAt(_snapshots.Count - 1);
        }

        if (_snapshots.Count > 0)
        {
            Copy(_snapshots[^1].Buffers, _buffers);
            return _snapshots[^1].Length;
        }

        DeviceBuffer[] zeros = Allocate();
        Copy(zeros, _buffers);
        Free(zeros);
        return 0;
    }

    /// <summary>A state of its own with the same bytes and snapshots.</summary>
    public SequenceState Fork()
    {
        SequenceState fork = new(_device, Parts, _mostSnapshots);
        foreach ((int length, DeviceBuffer[] buffers) in _snapshots)
        {
            Copy(buffers, fork._buffers);
            fork.Keep(length);
        }

        Copy(_buffers, fork._buffers);
        return fork;
    }

    /// <summary>Writes the present state, part after part; snapshots are not saved.</summary>
    public void Save(Stream target)
    {
        for (int i = 0; i < Parts.Count; i++)
        {
            byte[] bytes = new byte[Parts[i].Bytes];
            _buffers[i].Read(0, bytes);
            target.Write(bytes);
        }
    }

    /// <summary>Takes what a state of the same parts saved; snapshots are forgotten.</summary>
    /// <exception cref="EndOfStreamException">The stream ends too early; the state is void.</exception>
    public void Load(Stream source)
    {
        _snapshots.ForEach(snapshot => Free(snapshot.Buffers));
        _snapshots.Clear();
        for (int i = 0; i < Parts.Count; i++)
        {
            byte[] bytes = new byte[Parts[i].Bytes];
            source.ReadExactly(bytes);
            _buffers[i].Write(0, bytes);
        }
    }

    /// <summary>Frees the memory.</summary>
    public void Dispose()
    {
        Free(_buffers);
        _snapshots.ForEach(snapshot => Free(snapshot.Buffers));
        _snapshots.Clear();
    }

    private static void Free(DeviceBuffer[] buffers) => Array.ForEach(buffers, buffer => buffer.Dispose());

    private DeviceBuffer[] Allocate() => [.. Parts.Select(part => _device.Allocate(part.Bytes))];

    private void Copy(DeviceBuffer[] source, DeviceBuffer[] target)
    {
        for (int i = 0; i < source.Length; i++)
        {
            _device.Copy(source[i], 0, target[i], 0, source[i].SizeBytes);
        }
    }
}
