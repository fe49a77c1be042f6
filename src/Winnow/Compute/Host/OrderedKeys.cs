using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Winnow.Compute.Simd;

namespace Winnow.Compute.Host;

/// <summary>Floats as unsigned integers of the same order, and comparisons of many with one.</summary>
internal static unsafe class OrderedKeys
{
    /// <summary>Keys that <see cref="AnyFrom"/> looks at.</summary>
    public static int BlockLength => HostVectors.Width;

    /// <summary>Writes the key of each value; −0 has that of +0.</summary>
    /// <param name="values">No NaN among them.</param>
    /// <param name="keys">As many.</param>
    public static void Of(ReadOnlySpan<float> values, Span<uint> keys)
    {
        if (HostVectors.Are256)
        {
            Of<Simd256, Vector256<float>>(values, keys);
        }
        else
        {
            Of<Simd128, Vector128<float>>(values, keys);
        }
    }

    /// <summary>Whether one of the first <see cref="BlockLength"/> keys is <paramref name="lowest"/> or larger.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool AnyFrom(ReadOnlySpan<uint> keys, uint lowest) => HostVectors.Are256
        ? AnyFrom<Simd256, Vector256<float>>(keys, lowest)
        : AnyFrom<Simd128, Vector128<float>>(keys, lowest);

    /// <summary>How many keys are <paramref name="lowest"/> or larger.</summary>
    public static int CountFrom(ReadOnlySpan<uint> keys, uint lowest) => HostVectors.Are256
        ? CountFrom<Simd256, Vector256<float>>(keys, lowest)
        : CountFrom<Simd128, Vector128<float>>(keys, lowest);

    private static void Of<S, V>(ReadOnlySpan<float> values, Span<uint> keys)
        where S : struct, ISimd<V>
        where V : struct
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(values.Length, keys.Length, nameof(values));
        int i = 0;
        fixed (float* source = values)
        fixed (uint* target = keys)
        {
            for (; i <= keys.Length - S.Width; i += S.Width)
            {
                // Adding zero makes −0 equal to +0. The bits of −0 are the sign alone.
                V value = S.Add(S.Load(source + i), S.Zero);
                S.Store(S.Xor(value, S.Or(S.SpreadSign(value), S.Broadcast(-0f))), (float*)target + i);
            }
        }

        for (; i < keys.Length; i++)
        {
            int bits = BitConverter.SingleToInt32Bits(values[i] + 0f);
            keys[i] = (uint)(bits ^ ((bits >> 31) | int.MinValue));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool AnyFrom<S, V>(ReadOnlySpan<uint> keys, uint lowest)
        where S : struct, ISimd<V>
        where V : struct =>
        S.AnyAtLeastUnsigned(S.Load(MemoryMarshal.Cast<uint, float>(keys)), S.Broadcast(BitConverter.UInt32BitsToSingle(lowest)));

    private static int CountFrom<S, V>(ReadOnlySpan<uint> keys, uint lowest)
        where S : struct, ISimd<V>
        where V : struct
    {
        V threshold = S.Broadcast(BitConverter.UInt32BitsToSingle(lowest));
        V first = S.Zero;
        V second = S.Zero;
        int i = 0;
        fixed (uint* source = keys)
        {
            for (; i <= keys.Length - (2 * S.Width); i += 2 * S.Width)
            {
                first = S.CountAtLeastUnsigned(first, S.Load((float*)source + i), threshold);
                second = S.CountAtLeastUnsigned(second, S.Load((float*)source + i + S.Width), threshold);
            }
        }

        int count = S.SumIntegers(first) + S.SumIntegers(second);
        for (; i < keys.Length; i++)
        {
            count += keys[i] >= lowest ? 1 : 0;
        }

        return count;
    }
}
