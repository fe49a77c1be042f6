using System.Runtime.Intrinsics;

namespace Winnow.Compute.Simd;

/// <summary>
/// The vector operations that attention, elementwise and host kernels are written with, once for every instruction set: kernels are
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

    /// <summary>Loads the first <see cref="Width"/> elements of a span.</summary>
    static abstract V Load(ReadOnlySpan<float> source);

    /// <summary>Stores to the first <see cref="Width"/> elements of a span.</summary>
    static abstract void Store(V value, Span<float> target);

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

    /// <summary>a · b + c, rounded once on every processor: in software, slowly, where it must be.</summary>
    static abstract V FusedMultiplyAdd(V a, V b, V c);

    /// <summary>x where a &lt; b, else y.</summary>
    static abstract V WhereLess(V a, V b, V x, V y);

    /// <summary>Adds the integer in the lowest bits of <paramref name="power"/> to the exponent of each value.</summary>
    static abstract V AddToExponent(V value, V power);

    /// <summary>The bits that are set in a or b.</summary>
    static abstract V Or(V a, V b);

    /// <summary>The bits that are set in either a or b.</summary>
    static abstract V Xor(V a, V b);

    /// <summary>Fills each element with its sign bit.</summary>
    static abstract V SpreadSign(V value);

    /// <summary>Whether a &lt; b for any element.</summary>
    static abstract bool AnyLess(V a, V b);

    /// <summary>Whether a ≥ b for any element.</summary>
    static abstract bool AnyAtLeast(V a, V b);

    /// <summary>Whether a ≥ b for any element, as unsigned integers.</summary>
    static abstract bool AnyAtLeastUnsigned(V a, V b);

    /// <summary>Whether a &lt; b for all elements, as signed integers.</summary>
    static abstract bool AllLessSigned(V a, V b);

    /// <summary>Adds 1 to the integer in counts where a &lt; b.</summary>
    static abstract V CountLess(V counts, V a, V b);

    /// <summary>Adds 1 to the integer in counts where a ≥ b, as unsigned integers.</summary>
    static abstract V CountAtLeastUnsigned(V counts, V a, V b);

    /// <summary>The sum of integers.</summary>
    static abstract int SumIntegers(V counts);

    /// <summary>Adds elements i and i + <see cref="Width"/> / 2, in f64, to sum i of sums, <see cref="Width"/> / 2 sums in f64.</summary>
    static abstract V AddDoubles(V sums, V values);

    /// <summary>As <see cref="AddDoubles"/>, of the squares in f64.</summary>
    static abstract V AddSquares(V sums, V values);

    /// <summary>The sum of what <see cref="AddDoubles"/> or <see cref="AddSquares"/> added up.</summary>
    static abstract double SumDoubles(V sums);

    /// <summary>Loads f16 values without adjusting the exponent: each is 2⁻¹¹² of what it stands for.</summary>
    static abstract V LoadHalfBits(ushort* source);

    /// <summary>Loads bfloat16 values.</summary>
    static abstract V LoadUpperHalves(ushort* source);

    /// <summary>Loads the nibbles of bytes, less 8, as f32: the low ones with a <paramref name="shift"/> of 0, the high ones with 4.</summary>
    static abstract V LoadNibbles(byte* source, int shift);

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
