using System.Numerics;
using System.Runtime.CompilerServices;

namespace Winnow.Compute.Host;

/// <summary>Floats as unsigned integers of the same order, and comparisons of many with one.</summary>
internal static class OrderedKeys
{
    /// <summary>Keys that <see cref="AnyFrom"/> looks at.</summary>
    public static int BlockLength => Vector<uint>.Count;

    /// <summary>Writes the key of each value; −0 has that of +0.</summary>
    /// <param name="values">No NaN among them.</param>
    /// <param name="keys">As many.</param>
    public static void Of(ReadOnlySpan<float> values, Span<uint> keys)
    {
        int i = 0;
        for (; i <= keys.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            // Adding zero makes −0 equal to +0.
            Vector<int> bits = (new Vector<float>(values[i..]) + Vector<float>.Zero).As<float, int>();
            Vector<int> key = bits ^ ((bits >> 31) | new Vector<int>(int.MinValue));
            key.As<int, uint>().CopyTo(keys[i..]);
        }

        for (; i < keys.Length; i++)
        {
            int bits = BitConverter.SingleToInt32Bits(values[i] + 0f);
            keys[i] = (uint)(bits ^ ((bits >> 31) | int.MinValue));
        }
    }

    /// <summary>Whether one of the first <see cref="BlockLength"/> keys is <paramref name="lowest"/> or larger.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool AnyFrom(ReadOnlySpan<uint> keys, uint lowest) => Vector.GreaterThanOrEqualAny(new Vector<uint>(keys), new Vector<uint>(lowest));

    /// <summary>How many keys are <paramref name="lowest"/> or larger.</summary>
    public static int CountFrom(ReadOnlySpan<uint> keys, uint lowest)
    {
        Vector<uint> threshold = new(lowest);
        Vector<int> first = Vector<int>.Zero;
        Vector<int> second = Vector<int>.Zero;
        int i = 0;
        for (; i <= keys.Length - (2 * Vector<uint>.Count); i += 2 * Vector<uint>.Count)
        {
            // True is −1.
            first += Vector.GreaterThanOrEqual(new Vector<uint>(keys[i..]), threshold).As<uint, int>();
            second += Vector.GreaterThanOrEqual(new Vector<uint>(keys[(i + Vector<uint>.Count)..]), threshold).As<uint, int>();
        }

        int count = -Vector.Sum(first + second);
        for (; i < keys.Length; i++)
        {
            count += keys[i] >= lowest ? 1 : 0;
        }

        return count;
    }
}
