using Winnow.Compute;

namespace Winnow.Cache;

/// <summary>
/// What layers remember of a sequence in a fixed number of bytes, whatever its length (short convolutions, recurrent layers): the
/// present state, and snapshots of it, because such a state cannot be cut like rows.
/// </summary>
/// <remarks>
/// A pass reads the present state and writes the next one beside it, so that a pass that fails leaves nothing behind. All elements are
/// zero before the first token. Copies stay on the devices of their layers.
/// </remarks>
internal sealed class SequenceState : IDisposable
{
    /// <summary>What snapshots may take where they are many.</summary>
    private const long SnapshotBytes = 256 << 20;

    private const int FewestSnapshots = 2;
    private const int MostSnapshots = 16;

    /// <summary>Parts begin at multiples of so many elements.</summary>
    private const int Alignment = 64;

    private readonly LayerDevices _devices;
    private readonly IReadOnlyList<StatePart> _parts;
    private readonly int _mostSnapshots;
    private readonly long[] _sizes;
    private readonly List<(int Length, DeviceBuffer[] Buffers)> _snapshots = [];
    private States _present;
    private States _next;

    /// <param name="devices">Where each layer's state lives.</param>
    /// <param name="parts">What is remembered; those of a layer follow each other.</param>
    /// <param name="mostSnapshots">How many are kept, the newest; null for as many as are worth their memory. To begin anew takes none.</param>
    public SequenceState(LayerDevices devices, IReadOnlyList<StatePart> parts, int? mostSnapshots = null)
    {
        _devices = devices;
        _parts = parts;
        _sizes = new long[devices.All.Count];
        foreach (StatePart part in parts)
        {
            _sizes[devices.IndexOf(part.Layer)] += Elements(part) * sizeof(float);
        }

        _mostSnapshots = mostSnapshots ?? (int)Math.Clamp(SnapshotBytes / Math.Max(_sizes.Sum(), 1), FewestSnapshots, MostSnapshots);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(_mostSnapshots, nameof(mostSnapshots));
        _present = CreateStates();
        _next = CreateStates();
    }

    /// <summary>Bytes of a state, as <see cref="Save"/> writes it.</summary>
    public long StateBytes => _sizes.Sum();

    /// <summary>Bytes of the states of a device, snapshots included.</summary>
    /// <param name="device">The device's number.</param>
    public long SizeBytesOn(int device) => (2 + _snapshots.Count) * _sizes[device];

    /// <summary>Tokens that the newest snapshot has seen; 0 where there is none.</summary>
    public int LastSnapshot => _snapshots.Count == 0 ? 0 : _snapshots[^1].Length;

    /// <summary>A part of the state before a pass.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="part">Its number among the layer's.</param>
    public Matrix Present(int layer, int part) => _present.Parts[layer][part];

    /// <summary>A part of the state after it, which the pass writes.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="part">Its number among the layer's.</param>
    public Matrix Next(int layer, int part) => _next.Parts[layer][part];

    /// <summary>A pass has ended: what it wrote is the present state.</summary>
    public void Advance() => (_present, _next) = (_next, _present);

    /// <summary>Keeps the present state for <see cref="GoBack"/>; the oldest snapshot makes room where there are too many.</summary>
    /// <param name="length">Tokens that it has seen; more than those of the last snapshot.</param>
    public void Keep(int length)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(length, LastSnapshot);
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

        Copy(_present.Buffers, buffers);
        _snapshots.Add((length, buffers));
    }

    /// <summary>How many tokens the newest state has seen that <see cref="GoBack"/> could bring back for a length.</summary>
    public int SnapshotBefore(int length)
    {
        int last = _snapshots.FindLastIndex(snapshot => snapshot.Length <= length);
        return last < 0 ? 0 : _snapshots[last].Length;
    }

    /// <summary>Brings back the newest state that had seen no more than <paramref name="length"/> tokens, and forgets later ones.</summary>
    /// <returns>Tokens that it has seen: those after them are to be read again.</returns>
    public int GoBack(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        while (LastSnapshot > length)
        {
            Free(_snapshots[^1].Buffers);
            _snapshots.RemoveAt(_snapshots.Count - 1);
        }

        if (_snapshots.Count > 0)
        {
            Copy(_snapshots[^1].Buffers, _present.Buffers);
            return LastSnapshot;
        }

        DeviceBuffer[] zeros = Allocate();
        Copy(zeros, _present.Buffers);
        Free(zeros);
        return 0;
    }

    /// <summary>A state of its own with the same values and snapshots.</summary>
    public SequenceState Fork()
    {
        SequenceState fork = new(_devices, _parts, _mostSnapshots);
        foreach ((int length, DeviceBuffer[] buffers) in _snapshots)
        {
            Copy(buffers, fork._present.Buffers);
            fork.Keep(length);
        }

        Copy(_present.Buffers, fork._present.Buffers);
        return fork;
    }

    /// <summary>Writes the present state; snapshots are not saved.</summary>
    public void Save(Stream target)
    {
        foreach (DeviceBuffer buffer in _present.Buffers)
        {
            byte[] bytes = new byte[buffer.SizeBytes];
            buffer.Read(0, bytes);
            target.Write(bytes);
        }
    }

    /// <summary>Takes what a state of the same parts on the same devices saved; snapshots are forgotten.</summary>
    /// <exception cref="EndOfStreamException">The stream ends too early; nothing was changed.</exception>
    public void Load(Stream source)
    {
        List<byte[]> values = [];
        foreach (DeviceBuffer buffer in _present.Buffers)
        {
            byte[] bytes = new byte[buffer.SizeBytes];
            source.ReadExactly(bytes);
            values.Add(bytes);
        }

        _snapshots.ForEach(snapshot => Free(snapshot.Buffers));
        _snapshots.Clear();
        for (int i = 0; i < values.Count; i++)
        {
            _present.Buffers[i].Write(0, values[i]);
        }
    }

    /// <summary>Frees the memory.</summary>
    public void Dispose()
    {
        Free(_present.Buffers);
        Free(_next.Buffers);
        _snapshots.ForEach(snapshot => Free(snapshot.Buffers));
        _snapshots.Clear();
    }

    private static void Free(DeviceBuffer[] buffers) => Array.ForEach(buffers, buffer => buffer.Dispose());

    private static long Elements(StatePart part) => (((long)part.Rows * part.Columns) + Alignment - 1) / Alignment * Alignment;

    /// <summary>One buffer on each device; of a device without such layers an empty one.</summary>
    private DeviceBuffer[] Allocate() => [.. _sizes.Select((size, device) => _devices.All[device].Allocate(size))];

    private States CreateStates()
    {
        DeviceBuffer[] buffers = Allocate();
        long[] used = new long[buffers.Length];
        List<Matrix>[] parts = new List<Matrix>[_parts.Count == 0 ? 0 : _parts.Max(part => part.Layer) + 1];
        foreach (StatePart part in _parts)
        {
            int device = _devices.IndexOf(part.Layer);
            (parts[part.Layer] ??= []).Add(new Matrix(buffers[device], used[device], part.Rows, part.Columns, part.Columns));
            used[device] += Elements(part);
        }

        return new States(buffers, parts);
    }

    private void Copy(DeviceBuffer[] source, DeviceBuffer[] target)
    {
        for (int i = 0; i < source.Length; i++)
        {
            _devices.All[i].Copy(source[i], 0, target[i], 0, source[i].SizeBytes);
        }
    }

    /// <summary>One state.</summary>
    /// <param name="Buffers">The memory, one buffer for each device.</param>
    /// <param name="Parts">The parts of each layer; null where it has none.</param>
    private readonly record struct States(DeviceBuffer[] Buffers, List<Matrix>[] Parts);
}
