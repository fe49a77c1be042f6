using System.Numerics.Tensors;

namespace Winnow.Compute.Host.Selection;

/// <summary>Pools along the token axis that keep or spread the neighbours of a hit; stride 1, centred.</summary>
internal static class Pooling
{
    /// <summary>The maximum of each element's neighbourhood; outside counts as −∞.</summary>
    /// <param name="source">[tokens].</param>
    /// <param name="width">An odd number of elements.</param>
    /// <param name="target">[tokens]; must not overlap the source.</param>
    public static void Max(ReadOnlySpan<float> source, int width, Span<float> target)
    {
        source.CopyTo(target);
        for (int shift = 1; shift <= Math.Min(width / 2, source.Length - 1); shift++)
        {
            TensorPrimitives.Max(target[shift..source.Length], source[..^shift], target[shift..source.Length]);
            TensorPrimitives.Max(target[..(source.Length - shift)], source[shift..], target[..(source.Length - shift)]);
        }
    }

    /// <summary>The mean of each element's neighbourhood; outside counts as zero, and the divisor is always the width.</summary>
    /// <param name="source">[tokens].</param>
    /// <param name="width">An odd number of elements.</param>
    /// <param name="target">[tokens]; must not overlap the source.</param>
    public static void Average(ReadOnlySpan<float> source, int width, Span<float> target)
    {
        Span<float> sums = target[..source.Length];
        sums.Clear();
        int reach = Math.Min(width / 2, source.Length - 1);
        for (int shift = -reach; shift <= reach; shift++)
        {
            int first = Math.Max(-shift, 0);
            int last = Math.Min(source.Length, source.Length - shift);
            TensorPrimitives.Add(sums[first..last], source[(first + shift)..(last + shift)], sums[first..last]);
        }

        TensorPrimitives.Divide(sums, width, sums);
    }
}
