using System.Runtime.InteropServices;
using Winnow.Formats;
using Winnow.Tensors;

namespace Winnow.Models.Weights;

/// <summary>A copy of a tensor with its rows in another order: what a mapped file cannot offer in place.</summary>
internal sealed unsafe class NativeRows : IDisposable
{
    private void* _data;

    public NativeRows(TensorEntry tensor, ReadOnlySpan<int> order)
    {
        int rowBytes = checked((int)tensor.Type.SizeBytes(tensor.Shape[^1]));
        _data = NativeMemory.AlignedAlloc((nuint)tensor.SizeBytes, 64);
        for (int i = 0; i < order.Length; i++)
        {
            tensor.Bytes((long)order[i] * rowBytes, rowBytes).CopyTo(new Span<byte>((byte*)_data + ((long)i * rowBytes), rowBytes));
        }
    }

    ~NativeRows() => Dispose();

    /// <summary>The first byte.</summary>
    public nint Data => (nint)_data;

    public void Dispose()
    {
        NativeMemory.AlignedFree(_data);
        _data = null;
        GC.SuppressFinalize(this);
    }
}
