using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Winnow.Compute.Simd;

namespace Winnow.Compute.Host;

/// <summary>Compares a block of values with a bound at once: what lets a scan for the greatest of many pass over most of them.</summary>
internal static class LargestOfBlock
{
    /// <summary>Values of a block: four vectors.</summary>
    public static int Length => 4 * HostVectors.Width;

    /// <summary>Whether one of the first <see cref="Length"/> values is greater than a bound.</summary>
    public static bool IsAbove(ReadOnlySpan<float> values, float bound) => HostVectors.Are256
        ? IsAbove<Simd256, Vector256<float>>(values, bound)
        : IsAbove<Simd128, Vector128<float>>(values, bound);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsAbove<S, V>(ReadOnlySpan<float> values, float bound)
        where S : struct, ISimd<V>
        where V : struct
    {
        V first = S.Max(S.Load(values), S.Load(values[S.Width..]));
        values = values[(2 * S.Width)..];
        V second = S.Max(S.Load(values), S.Load(values[S.Width..]));
        return S.AnyLess(S.Broadcast(bound), S.Max(first, second));
    }
}
