using System.Runtime.CompilerServices;
using Winnow.Tensors;

namespace Winnow.Cache;

/// <summary>How a cache stores its rows: F32, F16, BF16, Q8_0 or Q4_0 each.</summary>
/// <param name="Key">The type of keys.</param>
/// <param name="Value">The type of values.</param>
internal readonly record struct KvTypes(TensorType Key, TensorType Value)
{
    /// <summary>A type, if rows can be stored so.</summary>
    /// <exception cref="ArgumentOutOfRangeException">They cannot; the message names the option.</exception>
    public static TensorType Checked(TensorType type, [CallerMemberName] string option = "") =>
        type is TensorType.F32 or TensorType.F16 or TensorType.BF16 or TensorType.Q8_0 or TensorType.Q4_0 ? type : throw Limits.OutOfRange(type, "F32, F16, BF16, Q8_0 or Q4_0", option);

    /// <summary>Keys and values alike.</summary>
    public static implicit operator KvTypes(TensorType both) => new(both, both);
}
