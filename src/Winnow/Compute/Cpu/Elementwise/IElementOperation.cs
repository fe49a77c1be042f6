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

/// <summary><see cref="Activation.Sigmoid"/>.</summary>
internal readonly struct Sigmoid : IActivation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Invoke<S, V>(V x)
        where S : struct, ISimd<V>
        where V : struct => S.Divide(S.Broadcast(1f), S.Add(S.Broadcast(1f), VectorMath.Exp<S, V>(S.Subtract(S.Zero, x))));
}
