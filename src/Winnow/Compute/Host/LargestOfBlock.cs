using System.Numerics;

namespace Winnow.Compute.Host;

/// <summary>Compares a block of values with a bound at once: what lets a scan for the greatest of many pass over most of them.</summary>
internal static class LargestOfBlock
{
    /// <summary>Values of a block: four vectors.</summary>
    public static int Length => 4 * Vector<float>.Count;

    /// <summary>Whether one of the first <see cref="Length"/> values is greater than a bound.</summary>
    public static bool IsAbove(ReadOnlySpan<float> values, float bound)
    {
        Vector<float> first = Vector.Max(new Vector<float>(values), new Vector<float>(values[Vector<float>.Count..]));
        values = values[(2 * Vector<float>.Count)..];
        Vector<float> second = Vector.Max(new Vector<float>(values), new Vector<float>(values[Vector<float>.Count..]));
        return Vector.GreaterThanAny(Vector.Max(first, second), new Vector<float>(bound));
    }
}
