using System.Runtime.Intrinsics;

namespace Winnow.Compute.Cpu.Elementwise;

/// <summary>
/// The vector operations that attention and elementwise kernels are written with, once for every instruction set: kernels are
/// generic over a struct that implements this, which the JIT specialises and inlines away.
/// </summary>
/// <typeparam name="V">A vector of f32: <see cref="Vector512{T}"/>, <see cref="Vector256{T}"/> or <see cref="Vector128{T}"/>.</typeparam>
internal unsafe interface ISimd<V>
    where V : struct
{
    /// <summary>Elements of a vector.</summary>
    static abstract int Width { get; }

    /// <summary>Whether there are 32 vector registers, not 16: how large a tile of accumulators may be.</summary>
    static abstract bool HasManyRegisters { get; }

    /// <summary>Asks for a cache line ahead of its use, into the L2 cache.</summary>
    static abstract void Prefetch(byte* address);

    static abstract V Zero { get; }

    static abstract V Load(float* source);

    static abstract void Store(V value, float* target);

    static abstract V Broadcast(float value);

    static abstract V Add(V a, V b);

    static abstract V Subtract(V a, V b);

    static abstract V Multiply(V a, V b);

    static abstract V Divide(V a, V b);

    static abstract V Max(V a, V b);

    static abstract V Min(V a, V b);

    static abstract V Abs(V a);

    /// <summary>a · b + c, rounded once where the processor can.</summary>
    static abstract V MultiplyAdd(V a, V b, V c);

    /// <summary>x where a &lt; b, else y.</summary>
    static abstract V WhereLess(V a, V b, V x, V y);

    /// <summary>Adds the integer in the lowest bits of <paramref name="power"/> to the exponent of each value.</summary>
    static abstract V AddToExponent(V value, V power);

    /// <summary>Loads f16 values without adjusting the exponent: each is 2⁻¹¹² of what it stands for.</summary>
    static abstract V LoadHalfBits(ushort* source);

    /// <summary>Loads signed bytes as f32.</summary>
    static abstract V LoadBytes(sbyte* source);

    /// <summary>Exchanges the elements of each pair (2i, 2i + 1).</summary>
    static abstract V SwapPairs(V value);

    /// <summary>The sums of four vectors. Each is added up in the same order, whatever the others are.</summary>
    static abstract Vector128<float> Sums(V a, V b, V c, V d);

    /// <summary>Adds the 128-bit parts.</summary>
    static abstract Vector128<float> FoldSum(V value);

    /// <summary>The maximum over the 128-bit parts.</summary>
    static abstract Vector128<float> FoldMax(V value);
}
