using Winnow.Tensors;

namespace Winnow.Formats;

/// <summary>A tensor as a file's header announces it: its bytes lie at an offset in the file's data section.</summary>
internal readonly record struct TensorRegion(string Name, TensorType Type, long[] Shape, long Offset, long SizeBytes)
{
    /// <summary>The bytes of a tensor, or null where no file could hold them.</summary>
    /// <param name="type">A supported type.</param>
    /// <param name="shape">Extents, none of them negative.</param>
    public static long? Size(TensorType type, ReadOnlySpan<long> shape)
    {
        long elements = 1;
        foreach (long extent in shape)
        {
            if (extent != 0 && elements > long.MaxValue / extent)
            {
                return null;
            }

            elements *= extent;
        }

        long blocks = elements / type.BlockLength();
        return blocks <= long.MaxValue / type.BlockBytes() ? blocks * type.BlockBytes() : null;
    }

    /// <summary>The refusal of a tensor that reaches beyond the data section.</summary>
    public ModelFormatException Incomplete(string path, long dataLength) => new(
        path,
        $"tensor '{Name}' needs {SizeBytes:N0} bytes at offset {Offset:N0}, but the file has {dataLength:N0} bytes of data: it is incomplete");

    /// <summary>Whether rows (the last extent) consist of whole blocks.</summary>
    public static bool HasWholeBlocks(TensorType type, ReadOnlySpan<long> shape) =>
        (shape.IsEmpty ? 1 : shape[^1]) % type.BlockLength() == 0;

    /// <summary>The shape as a text: "[4096, 1024]".</summary>
    public static string Describe(ReadOnlySpan<long> shape) => $"[{string.Join(", ", shape.ToArray())}]";
}
