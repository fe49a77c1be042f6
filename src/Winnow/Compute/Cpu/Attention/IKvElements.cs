using System.Runtime.CompilerServices;
using Winnow.Compute.Simd;
using Winnow.Quantization.Layouts;
using Winnow.Tensors;

namespace Winnow.Compute.Cpu.Attention;

/// <summary>A type of cache rows that kernels load straight into f32 vectors.</summary>
internal unsafe interface IKvElements
{
    /// <summary>What a loaded value must be multiplied with: folded into queries and probabilities, not spent on every element.</summary>
    static abstract float Factor { get; }

    /// <summary>Elements [element, element + width) of a row.</summary>
    static abstract V Load<S, V>(byte* row, nint element)
        where S : struct, ISimd<V>
        where V : struct;
}

/// <summary>f32 rows.</summary>
internal readonly unsafe struct F32Elements : IKvElements
{
    public static float Factor => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Load<S, V>(byte* row, nint element)
        where S : struct, ISimd<V>
        where V : struct => S.Load((float*)row + element);
}

/// <summary>
/// f16 rows, whose bits are moved into place without adjusting the exponent. A power of two can be folded into the other factor
/// without changing a bit of a product; queries below 65,504 after scaling, the range of f16 itself, do not overflow.
/// </summary>
internal readonly unsafe struct F16Elements : IKvElements
{
    public static float Factor => 5.192296858534828e33f;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Load<S, V>(byte* row, nint element)
        where S : struct, ISimd<V>
        where V : struct => S.LoadHalfBits((ushort*)row + element);
}

/// <summary>
/// Q8_0 rows: blocks of an f16 scale and 32 signed bytes. The scale's bits are moved as those of <see cref="F16Elements"/>, so that
/// a value is exactly 2⁻¹¹² of what it stands for.
/// </summary>
internal readonly unsafe struct Q8Elements : IKvElements
{
    private const int BlockLength = 32;
    private const int BlockBytes = BlockSizeBytes.Q8_0;

    public static float Factor => F16Elements.Factor;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Load<S, V>(byte* row, nint element)
        where S : struct, ISimd<V>
        where V : struct
    {
        // Unsigned, so that division is a shift.
        byte* block = row + ((nuint)element / BlockLength * BlockBytes);
        V quants = S.LoadBytes((sbyte*)block + sizeof(ushort) + ((nuint)element % BlockLength));
        return S.Multiply(quants, S.Broadcast(HalfBits.ToUnadjusted(*(ushort*)block)));
    }
}

/// <summary>bfloat16 rows.</summary>
internal readonly unsafe struct BF16Elements : IKvElements
{
    public static float Factor => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Load<S, V>(byte* row, nint element)
        where S : struct, ISimd<V>
        where V : struct => S.LoadUpperHalves((ushort*)row + element);
}

/// <summary>
/// Q4_0 rows: blocks of an f16 scale and 16 bytes, whose low nibbles are the first 16 elements. Scales as those of
/// <see cref="Q8Elements"/>.
/// </summary>
internal readonly unsafe struct Q4Elements : IKvElements
{
    private const int BlockLength = 32;
    private const int BlockBytes = BlockSizeBytes.Q4_0;

    public static float Factor => F16Elements.Factor;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Load<S, V>(byte* row, nint element)
        where S : struct, ISimd<V>
        where V : struct
    {
        byte* block = row + ((nuint)element / BlockLength * BlockBytes);
        int shift = (int)((nuint)element % BlockLength / 16 * 4);
        V quants = S.LoadNibbles(block + sizeof(ushort) + ((nuint)element % 16), shift);
        return S.Multiply(quants, S.Broadcast(HalfBits.ToUnadjusted(*(ushort*)block)));
    }
}
