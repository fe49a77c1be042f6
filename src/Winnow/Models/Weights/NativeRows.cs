using System.Runtime.InteropServices;
using Winnow.Tensors;

namespace Winnow.Models.Weights;

/// <summary>A copy of matrices whose elements a mapped file has in another order.</summary>
internal sealed unsafe class NativeRows : IDisposable
{
    private void* _data;

    /// <param name="view">Rows keep their type; a transposed matrix of blocks becomes one of F32.</param>
    public NativeRows(TensorView view)
    {
        Type = view.ColumnStride != 1 && view.Tensor.Type.BlockLength() > 1 ? TensorType.F32 : view.Tensor.Type;
        int rowBytes = checked((int)Type.SizeBytes(view.Columns));
        _data = NativeMemory.AlignedAlloc((nuint)view.Rows * (nuint)rowBytes, 64);
        for (int row = 0; row < view.Rows; row++)
        {
            Span<byte> target = new((byte*)_data + ((long)row * rowBytes), rowBytes);
            if (view.ColumnStride == 1)
            {
                view.Tensor.Bytes(Type.SizeBytes(view.StartOf(row)), rowBytes).CopyTo(target);
            }
            else if (Type == view.Tensor.Type)
            {
                CopyColumns(view, row, target);
            }
            else
            {
                view.Read((long)row * view.Columns, MemoryMarshal.Cast<byte, float>(target));
            }
        }
    }

    ~NativeRows() => Dispose();

    /// <summary>How elements are stored.</summary>
    public TensorType Type { get; }

    /// <summary>The first byte.</summary>
    public nint Data => (nint)_data;

    public void Dispose()
    {
        NativeMemory.AlignedFree(_data);
        _data = null;
        GC.SuppressFinalize(this);
    }

    private static void CopyColumns(TensorView view, int row, Span<byte> target)
    {
        int size = (int)view.Tensor.Type.SizeBytes(1);
        for (int column = 0; column < view.Columns; column++)
        {
            view.Tensor.Bytes((view.StartOf(row) + (column * view.ColumnStride)) * size, size).CopyTo(target.Slice(column * size, size));
        }
    }
}
