using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Winnow.Compute.Simd;

namespace Winnow.Compute.Host;

/// <summary>target[i] = 0 where scores[i] is above a threshold; the others stay.</summary>
internal static class ZeroWhereAbove
{
    /// <summary>Does so.</summary>
    /// <param name="scores">Any length; NaN is not above.</param>
    /// <param name="threshold">What is compared with.</param>
    /// <param name="target">As many.</param>
    public static void Apply(ReadOnlySpan<float> scores, float threshold, Span<int> target)
    {
        if (HostVectors.Are256)
        {
            Apply<Simd256, Vector256<float>>(scores, threshold, target);
        }
        else
        {
            Apply<Simd128, Vector128<float>>(scores, threshold, target);
        }
    }

    private static void Apply<S, V>(ReadOnlySpan<float> scores, float threshold, Span<int> target)
        where S : struct, ISimd<V>
        where V : struct
    {
        // Integers as floats of the same bits: they are moved and never computed with.
        Span<float> bits = MemoryMarshal.Cast<int, float>(target);
        V limit = S.Broadcast(threshold);
        int i = 0;
        for (; i <= scores.Length - S.Width; i += S.Width)
        {
            S.Store(S.WhereLess(limit, S.Load(scores[i..]), S.Zero, S.Load(bits[i..])), bits[i..]);
        }

        for (; i < scores.Length; i++)
        {
            target[i] = scores[i] > threshold ? 0 : target[i];
        }
    }
}
