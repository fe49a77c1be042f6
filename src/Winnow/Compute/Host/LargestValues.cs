using System.Runtime.CompilerServices;

namespace Winnow.Compute.Host;

/// <summary>Finds the k greatest of many values.</summary>
/// <remarks>
/// A heap holds the best k so far. Once it is full, few values beat its worst (about k · ln(n / k) of them if they come in no
/// order), so the scan is mostly a comparison of whole vectors with one number.
/// </remarks>
internal static class LargestValues
{
    /// <summary>Ranks the greatest values, the worst of them first; see <see cref="Rank"/>.</summary>
    /// <param name="values">The values; those that are no numbers are passed over.</param>
    /// <param name="floor">The least value to take; above negative infinity.</param>
    /// <param name="ranks">Receives ranks; its length is how many are wanted.</param>
    /// <returns>How many were written: fewer only where fewer reach the floor.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static int Select(ReadOnlySpan<float> values, float floor, Span<ulong> ranks)
    {
        int count = 0;
        int position = 0;
        for (; position < values.Length && count < ranks.Length; position++)
        {
            if (values[position] >= floor)
            {
                ranks[count++] = Rank.Of(values[position], position);
            }
        }

        Span<ulong> heap = ranks[..count];
        MinHeap.Build(heap);
        int block = LargestOfBlock.Length;
        while (position < values.Length)
        {
            int end = Math.Min(position + block, values.Length);
            if (end - position < block || LargestOfBlock.IsAbove(values[position..], Rank.Logit(heap[0])))
            {
                Improve(heap, values, position, end);
            }

            position = end;
        }

        heap.Sort();
        return count;
    }

    private static void Improve(Span<ulong> heap, ReadOnlySpan<float> values, int start, int end)
    {
        for (int i = start; i < end; i++)
        {
            // A tie with the worst loses: its index is higher.
            if (values[i] > Rank.Logit(heap[0]))
            {
                MinHeap.ReplaceLeast(heap, Rank.Of(values[i], i));
            }
        }
    }
}
