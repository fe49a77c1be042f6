using System.Runtime.InteropServices;
using Winnow.Cache;
using Winnow.Compute;
using Winnow.Quantization;
using Winnow.Tensors;

namespace Winnow.Lab.Devices;

/// <summary>Operands of a check: the same random values on every device.</summary>
internal sealed unsafe class CheckOperands(Device device, bool isReference, int seed) : IDisposable
{
    private readonly Random _random = new(seed);
    private readonly List<IDisposable> _owned = [];

    public ComputeStream Stream { get; } = device.CreateStream();

    public RowSelector Selector { get; } = device.CreateSelector();

    public Device Device => device;

    /// <summary>Normally distributed values in rows that do not follow each other.</summary>
    public Matrix Random(int rows, int columns, float deviation = 1)
    {
        Matrix matrix = Zeros(rows, columns + 3) with { Columns = columns };
        Stream.Write(Values(rows * columns, deviation), matrix);
        return matrix;
    }

    public Matrix Zeros(int rows, int columns)
    {
        Matrix matrix = device.AllocateMatrix(rows, columns);
        _owned.Add(matrix.Buffer);
        return matrix;
    }

    /// <summary>A weight in a stored type; the reference gets the floats that it stands for, because it may round activations otherwise.</summary>
    public Weight Weight(TensorType type, int outputs, int inputs)
    {
        byte[] data = Encode(type, outputs, inputs);
        (type, data) = ForReference(type, data, outputs * inputs);
        Weight weight = device.LoadWeight("weight", type, outputs, inputs, Pin(data));
        _owned.Add(weight);
        return weight;
    }

    /// <summary>The same for some experts.</summary>
    public ExpertMatrix Experts(TensorType type, int count, int outputs, int inputs)
    {
        nint[] addresses = new nint[count];
        TensorType stored = type;
        for (int e = 0; e < count; e++)
        {
            (stored, byte[] data) = ForReference(type, Encode(type, outputs, inputs), outputs * inputs);
            addresses[e] = Pin(data);
        }

        ExpertMatrix experts = device.LoadExperts("experts", stored, outputs, inputs, addresses);
        _owned.Add(experts);
        return experts;
    }

    /// <summary>A cache of one layer with random rows.</summary>
    public KvCache Cache(KvLayout layout, int rows)
    {
        KvCache cache = new(device, [layout]);
        _owned.Add(cache);
        cache.Reserve(rows);
        Stream.Append(
            cache.Layer(0), Random(rows, layout.KvHeads * layout.KeyDimension), Random(rows, layout.KvHeads * layout.ValueDimension), 0);
        cache.Advance(rows);
        return cache;
    }

    public float[] Read(Matrix matrix)
    {
        float[] values = new float[matrix.Rows * matrix.Columns];
        Stream.Read(matrix, values);
        return values;
    }

    public void Dispose()
    {
        Selector.Dispose();
        Stream.Dispose();
        for (int i = _owned.Count - 1; i >= 0; i--)
        {
            _owned[i].Dispose();
        }
    }

    private byte[] Encode(TensorType type, int outputs, int inputs)
    {
        byte[] data = new byte[type.SizeBytes((long)outputs * inputs)];
        BlockCodec.Encode(type, Values(outputs * inputs, 1), data);
        return data;
    }

    private (TensorType Type, byte[] Data) ForReference(TensorType type, byte[] data, int elements)
    {
        if (!isReference)
        {
            return (type, data);
        }

        byte[] decoded = new byte[elements * sizeof(float)];
        BlockCodec.Decode(type, new ReadOnlySpan<byte>(data), MemoryMarshal.Cast<byte, float>(decoded.AsSpan()));
        return (TensorType.F32, decoded);
    }

    private nint Pin(byte[] data)
    {
        PinnedBytes pinned = new(data);
        _owned.Add(pinned);
        return pinned.Address;
    }

    private float[] Values(int count, float deviation)
    {
        float[] values = new float[count];
        foreach (ref float value in values.AsSpan())
        {
            double radius = Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble()));
            value = (float)(deviation * radius * Math.Cos(2 * Math.PI * _random.NextDouble()));
        }

        return values;
    }

    /// <summary>Bytes at an address of their own, aligned as those of a mapped file.</summary>
    private sealed class PinnedBytes : IDisposable
    {
        private readonly void* _memory;

        public PinnedBytes(ReadOnlySpan<byte> data)
        {
            _memory = NativeMemory.AlignedAlloc((nuint)data.Length, 64);
            data.CopyTo(new Span<byte>(_memory, data.Length));
        }

        public nint Address => (nint)_memory;

        public void Dispose() => NativeMemory.AlignedFree(_memory);
    }
}
