using Winnow.Tensors;

namespace Winnow.Lab.Quantization;

/// <summary>A tensor before its bytes: name, type and extents, slowest first.</summary>
internal readonly record struct TensorDescription(string Name, TensorType Type, IReadOnlyList<long> Shape)
{
    /// <summary>The length of a row.</summary>
    public long Columns => Shape.Count == 0 ? 1 : Shape[^1];

    /// <summary>Whether there is more than one row; a vector with leading extents of 1 is still a vector.</summary>
    public bool IsMatrix => Shape.SkipLast(1).Any(extent => extent > 1);

    /// <summary>The product of the extents.</summary>
    public long ElementCount => Shape.Aggregate(1L, (product, extent) => checked(product * extent));
}
