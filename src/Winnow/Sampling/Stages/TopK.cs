using Winnow.Compute.Host;

namespace Winnow.Sampling.Stages;

/// <summary>Top-k: makes the k tokens of the greatest logits candidates, the best first.</summary>
internal static class TopK
{
    /// <summary>Selects from a whole vocabulary.</summary>
    /// <remarks>
    /// A heap holds the best k so far. Once it is full, few tokens beat its worst (about k · ln(vocabulary / k) of them if
    /// they come in no order), so the scan is mostly a comparison of whole vectors with one number.
    /// </remarks>
    /// <param name="logits">Logits, [vocabulary].</param>
    /// <param name="floor">The least logit to take; above negative infinity.</param>
    /// <param name="k">How many tokens to take at most; 0 takes all, in order of ids.</param>
    /// <param name="candidates">Receives the tokens.</param>
    public static void Select(ReadOnlySpan<float> logits, float floor, int k, Candidates candidates)
    {
        if (k == 0 || k >= logits.Length)
        {
            candidates.Load(logits, floor);
            return;
        }

        Span<ulong> heap = candidates.Clear(k);
        int count = 0;
        int position = 0;
        for (; position < logits.Length && count < k; position++)
        {
            if (logits[position] >= floor)
            {
                heap[count++] = Rank.Of(logits[position], position);
            }
        }

        heap = heap[..count];
        MinHeap.Build(heap);
        int block = LargestOfBlock.Length;
        while (position < logits.Length)
        {
            int end = Math.Min(position + block, logits.Length);
            if (end - position < block || LargestOfBlock.IsAbove(logits[position..], Rank.Logit(heap[0])))
            {
                Improve(heap, logits, position, end);
            }

            position = end;
        }

        heap.Sort();
        for (int i = count - 1; i >= 0; i--)
        {
            candidates.Add(Rank.Index(heap[i]), Rank.Logit(heap[i]));
        }
    }

    private static void Improve(Span<ulong> heap, ReadOnlySpan<float> logits, int start, int end)
    {
        for (int i = start; i < end; i++)
        {
            // A tie with the worst loses: its id is higher.
            if (logits[i] > Rank.Logit(heap[0]))
            {
                MinHeap.ReplaceLeast(heap, Rank.Of(logits[i], i));
            }
        }
    }
}
