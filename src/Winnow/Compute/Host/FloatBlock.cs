using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Winnow.Compute.Simd;

namespace Winnow.Compute.Host;

/// <summary>Compares one vector's worth of values with a bound that those equal to it reach, too.</summary>
internal static class FloatBlock
{
    /// <summary>Values of a block.</summary>
    public static int Length => HostVectors.Width;

    /// <summary>Whether one of the first <see cref="Length"/> values is <paramref name="lowest"/> or larger; NaN is not.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool AnyFrom(ReadOnlySpan<float> values, float lowest) => HostVectors.Are256
        ? AnyFrom<Simd256, Vector256<float>>(values, lowest)
        : AnyFrom<Simd128, Vector128<float>>(values, lowest);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool AnyFrom<S, V>(ReadOnlySpan<float> values, float lowest)
        where S : struct, ISimd<V>
        where V : struct => S.AnyAtLeast(S.Load(values), S.Broadcast(lowest));
}
