using Winnow.Tensors;

namespace Winnow.Cache;

/// <summary>How a cache stores its rows: F32, F16, BF16, Q8_0 or Q4_0 each.</summary>
/// <param name="Key">The type of keys.</param>
/// <param name="Value">The type of values.</param>
internal readonly record struct KvTypes(TensorType Key, TensorType Value)
{
    /// <summary>Keys and values alike.</summary>
    public static implicit operator KvTypes(TensorType both) => new(both, both);
}
