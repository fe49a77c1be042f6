using Winnow.Compute;
using Winnow.Tensors;

namespace Winnow.DeviceTests.Reference;

/// <summary>A weight decoded to f32 once.</summary>
internal sealed unsafe class ReferenceWeight : Weight
{
    private readonly float[] _values;

    public ReferenceWeight(string name, TensorType type, int outputs, int inputs, nint data)
        : base(name, type, outputs, inputs)
    {
        _values = new float[outputs * inputs];
        int rowBytes = (int)type.SizeBytes(inputs);
        for (int row = 0; row < outputs; row++)
        {
            ReferenceRow.Decode(type, new ReadOnlySpan<byte>((byte*)data + ((long)row * rowBytes), rowBytes), _values.AsSpan(row * inputs, inputs));
        }
    }

    public ReadOnlySpan<float> Row(int output) => _values.AsSpan(output * Inputs, Inputs);

    protected override void Dispose(bool disposing)
    {
    }
}
