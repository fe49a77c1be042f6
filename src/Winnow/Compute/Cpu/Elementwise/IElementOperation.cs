using System.Runtime.CompilerServices;
using Winnow.Compute.Simd;

namespace Winnow.Compute.Cpu.Elementwise;

/// <summary>What an element-wise kernel computes from one or two elements and a factor.</summary>
internal interface IElementOperation
{
    static abstract V Invoke<S, V>(V a, V b, V factor)
        where S : struct, ISimd<V>
        where V : struct;
}

/// <summary>A non-linearity.</summary>
internal interface IActivation
{
    static abstract V Invoke<S, V>(V x)
        where S : struct, ISimd<V>
        where V : struct;
}

/// <summary>activation(a).</summary>
internal readonly struct Activated<A> : IElementOperation
    where A : struct, IActivation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Invoke<S, V>(V a, V b, V factor)
        where S : struct, ISimd<V>
        where V : struct => A.Invoke<S, V>(a);
}

/// <summary>activation(a) · b.</summary>
internal readonly struct Gated<A> : IElementOperation
    where A : struct, IActivation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Invoke<S, V>(V a, V b, V factor)
        where S : struct, ISimd<V>
        where V : struct => S.Multiply(A.Invoke<S, V>(a), b);
}

/// <summary>a + factor · b.</summary>
internal readonly struct AddedScaled : IElementOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Invoke<S, V>(V a, V b, V factor)
        where S : struct, ISimd<V>
        where V : struct => S.MultiplyAdd(b, factor, a);
}

/// <summary>factor · a.</summary>
internal readonly struct Scaled : IElementOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Invoke<S, V>(V a, V b, V factor)
        where S : struct, ISimd<V>
        where V : struct => S.Multiply(a, factor);
}

/// <summary>a · b.</summary>
internal readonly struct Multiplied : IElementOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Invoke<S, V>(V a, V b, V factor)
        where S : struct, ISimd<V>
        where V : struct => S.Multiply(a, b);
}

/// <summary>a, limited to ±factor.</summary>
internal readonly struct Clamped : IElementOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Invoke<S, V>(V a, V b, V factor)
        where S : struct, ISimd<V>
        where V : struct => S.Min(S.Max(a, S.Subtract(S.Zero, factor)), factor);
}

/// <summary>factor · tanh(a / factor).</summary>
internal readonly struct SoftCapped : IElementOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Invoke<S, V>(V a, V b, V factor)
        where S : struct, ISimd<V>
        where V : struct => S.Multiply(VectorMath.Tanh<S, V>(S.Divide(a, factor)), factor);
}

/// <summary><see cref="Activation.Silu"/>.</summary>
internal readonly struct Silu : IActivation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Invoke<S, V>(V x)
        where S : struct, ISimd<V>
        where V : struct => S.Divide(x, S.Add(S.Broadcast(1f), VectorMath.Exp<S, V>(S.Subtract(S.Zero, x))));
}

/// <summary><see cref="Activation.Gelu"/>.</summary>
internal readonly struct Gelu : IActivation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Invoke<S, V>(V x)
        where S : struct, ISimd<V>
        where V : struct
    {
        // x · Φ(x), where Φ of a negative number is half of erfc: no cancellation there.
        V tail = S.Multiply(S.Broadcast(0.5f), VectorMath.Erfc<S, V>(S.Multiply(S.Abs(x), S.Broadcast(0.70710678f))));
        return S.Multiply(x, S.WhereLess(x, S.Zero, tail, S.Subtract(S.Broadcast(1f), tail)));
    }
}

/// <summary><see cref="Activation.GeluTanh"/>.</summary>
internal readonly struct GeluTanh : IActivation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Invoke<S, V>(V x)
        where S : struct, ISimd<V>
        where V : struct
    {
        V half = S.Multiply(x, S.Broadcast(0.5f));
        V inner = S.MultiplyAdd(S.Multiply(S.Multiply(x, x), x), S.Broadcast(0.044715f), x);
        return S.MultiplyAdd(half, VectorMath.Tanh<S, V>(S.Multiply(inner, S.Broadcast(0.79788456f))), half);
    }
}

/// <summary><see cref="Activation.Relu"/>.</summary>
internal readonly struct Relu : IActivation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Invoke<S, V>(V x)
        where S : struct, ISimd<V>
        where V : struct => S.Max(x, S.Zero);
}

/// <summary><see cref="Activation.ReluSquared"/>.</summary>
internal readonly struct ReluSquared : IActivation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Invoke<S, V>(V x)
        where S : struct, ISimd<V>
        where V : struct
    {
        V positive = S.Max(x, S.Zero);
        return S.Multiply(positive, positive);
    }
}

/// <summary><see cref="Activation.ClampedSwish"/>.</summary>
internal readonly struct ClampedSwish : IActivation
{
    public const float Limit = 7;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Invoke<S, V>(V x)
        where S : struct, ISimd<V>
        where V : struct
    {
        V y = S.Min(x, S.Broadcast(Limit));
        return S.Divide(y, S.Add(S.Broadcast(1f), VectorMath.Exp<S, V>(S.Multiply(y, S.Broadcast(-1.702f)))));
    }
}

/// <summary>activation(a) · (1 + b) with both limited, the gate of <see cref="Activation.ClampedSwish"/>.</summary>
internal readonly struct GatedClampedSwish : IElementOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Invoke<S, V>(V a, V b, V factor)
        where S : struct, ISimd<V>
        where V : struct
    {
        V up = S.Min(S.Max(b, S.Broadcast(-ClampedSwish.Limit)), S.Broadcast(ClampedSwish.Limit));
        return S.Multiply(ClampedSwish.Invoke<S, V>(a), S.Add(up, S.Broadcast(1f)));
    }
}

/// <summary><see cref="Activation.Sigmoid"/>.</summary>
internal readonly struct Sigmoid : IActivation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Invoke<S, V>(V x)
        where S : struct, ISimd<V>
        where V : struct => S.Divide(S.Broadcast(1f), S.Add(S.Broadcast(1f), VectorMath.Exp<S, V>(S.Subtract(S.Zero, x))));
}
