using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Winnow.Compute.Simd;

/// <summary>Transcendental functions and reductions of f32 vectors.</summary>
/// <remarks>
/// exp and tanh reduce the argument as in the Cephes library, with its polynomials: errors below 2 units in the last place. erfc is
/// the Chebyshev fit of Numerical Recipes, section 6.2: 1.2e-7 of the value, plus the rounding of e^(−x²).
/// </remarks>
internal static class VectorMath
{
    /// <summary>e^x. Below −87 the result is 0; above 88 it stays at e^88.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Exp<S, V>(V x)
        where S : struct, ISimd<V>
        where V : struct
    {
        V clamped = S.Min(x, S.Broadcast(88f));

        // Adding 1.5 · 2²³ rounds to an integer and leaves it in the lowest bits.
        V shifted = S.MultiplyAdd(clamped, S.Broadcast(1.44269504f), S.Broadcast(12_582_912f));
        V n = S.Subtract(shifted, S.Broadcast(12_582_912f));
        V r = S.MultiplyAdd(n, S.Broadcast(-0.693359375f), clamped);
        r = S.MultiplyAdd(n, S.Broadcast(2.12194440e-4f), r);
        V p = S.MultiplyAdd(S.Broadcast(1.9875691500e-4f), r, S.Broadcast(1.3981999507e-3f));
        p = S.MultiplyAdd(p, r, S.Broadcast(8.3334519073e-3f));
        p = S.MultiplyAdd(p, r, S.Broadcast(4.1665795894e-2f));
        p = S.MultiplyAdd(p, r, S.Broadcast(1.6666665459e-1f));
        p = S.MultiplyAdd(p, r, S.Broadcast(5.0000001201e-1f));
        p = S.Add(S.MultiplyAdd(S.Multiply(r, r), p, r), S.Broadcast(1f));
        return S.WhereLess(x, S.Broadcast(-87f), S.Zero, S.AddToExponent(p, shifted));
    }

    /// <summary>Hyperbolic tangent.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Tanh<S, V>(V x)
        where S : struct, ISimd<V>
        where V : struct
    {
        V size = S.Abs(x);
        V exp = Exp<S, V>(S.Add(size, size));
        V large = S.Subtract(S.Broadcast(1f), S.Divide(S.Broadcast(2f), S.Add(exp, S.Broadcast(1f))));
        large = S.WhereLess(x, S.Zero, S.Subtract(S.Zero, large), large);

        V z = S.Multiply(x, x);
        V p = S.MultiplyAdd(S.Broadcast(-5.70498872745e-3f), z, S.Broadcast(2.06390887954e-2f));
        p = S.MultiplyAdd(p, z, S.Broadcast(-5.37397155531e-2f));
        p = S.MultiplyAdd(p, z, S.Broadcast(1.33314422036e-1f));
        p = S.MultiplyAdd(p, z, S.Broadcast(-3.33332819422e-1f));
        V small = S.MultiplyAdd(S.Multiply(p, z), x, x);
        return S.WhereLess(size, S.Broadcast(0.625f), small, large);
    }

    /// <summary>The complementary error function of x ≥ 0, 1 − erf(x).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Erfc<S, V>(V x)
        where S : struct, ISimd<V>
        where V : struct
    {
        V t = S.Divide(S.Broadcast(1f), S.MultiplyAdd(x, S.Broadcast(0.5f), S.Broadcast(1f)));
        V p = S.MultiplyAdd(S.Broadcast(0.17087277f), t, S.Broadcast(-0.82215223f));
        p = S.MultiplyAdd(p, t, S.Broadcast(1.48851587f));
        p = S.MultiplyAdd(p, t, S.Broadcast(-1.13520398f));
        p = S.MultiplyAdd(p, t, S.Broadcast(0.27886807f));
        p = S.MultiplyAdd(p, t, S.Broadcast(-0.18628806f));
        p = S.MultiplyAdd(p, t, S.Broadcast(0.09678418f));
        p = S.MultiplyAdd(p, t, S.Broadcast(0.37409196f));
        p = S.MultiplyAdd(p, t, S.Broadcast(1.00002368f));
        p = S.MultiplyAdd(p, t, S.Broadcast(-1.26551223f));
        V square = S.Min(S.Multiply(x, x), S.Broadcast(1e9f));
        return S.Multiply(t, Exp<S, V>(S.Subtract(p, square)));
    }

    /// <summary>The sum of the elements.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum<S, V>(V value)
        where S : struct, ISimd<V>
        where V : struct => Vector128.Sum(S.FoldSum(value));

    /// <summary>The largest element.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Max<S, V>(V value)
        where S : struct, ISimd<V>
        where V : struct
    {
        Vector128<float> four = S.FoldMax(value);
        Vector128<float> two = Vector128.MaxNative(four, Vector128.Shuffle(four, Vector128.Create(2, 3, 0, 1)));
        return Vector128.MaxNative(two, Vector128.Shuffle(two, Vector128.Create(1, 0, 3, 2))).ToScalar();
    }
}
