using System.Runtime.InteropServices;
using Winnow.Compute;

namespace Winnow.Models.Weights;

/// <summary>Puts small f32 vectors (norms, biases) into a few device buffers instead of one each.</summary>
internal sealed class VectorArena(Device device) : IDisposable
{
    private const int SlabBytes = 1 << 20;

    /// <summary>Vectors begin at multiples of it: enough for the storage buffers of any device.</summary>
    private const int Alignment = 256;

    private readonly List<DeviceBuffer> _slabs = [];
    private long _used;

    /// <summary>Copies a vector to the device as a matrix of one row.</summary>
    public Matrix Add(ReadOnlySpan<float> values) => Add(values, 1);

    /// <summary>Copies rows to the device.</summary>
    /// <param name="values">[rows, values / rows].</param>
    /// <param name="rows">How many rows they are.</param>
    public Matrix Add(ReadOnlySpan<float> values, int rows)
    {
        long sizeBytes = ((long)values.Length * sizeof(float) + Alignment - 1) & -Alignment;
        if (_slabs.Count == 0 || _used + sizeBytes > _slabs[^1].SizeBytes)
        {
            _slabs.Add(device.Allocate(Math.Max(SlabBytes, sizeBytes)));
            _used = 0;
        }

        DeviceBuffer slab = _slabs[^1];
        slab.Write(_used, MemoryMarshal.AsBytes(values));
        int columns = values.Length / rows;
        Matrix vector = new(slab, _used / sizeof(float), rows, columns, columns);
        _used += sizeBytes;
        return vector;
    }

    /// <summary>Frees the vectors.</summary>
    public void Dispose() => _slabs.ForEach(slab => slab.Dispose());
}
