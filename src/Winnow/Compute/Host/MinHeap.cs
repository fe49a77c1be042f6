namespace Winnow.Compute.Host;

/// <summary>A binary heap in a span: the least key is the first.</summary>
internal static class MinHeap
{
    /// <summary>Brings keys into heap order.</summary>
    public static void Build(Span<ulong> heap)
    {
        for (int parent = (heap.Length / 2) - 1; parent >= 0; parent--)
        {
            SiftDown(heap, parent);
        }
    }

    /// <summary>Puts another key in the place of the least one.</summary>
    public static void ReplaceLeast(Span<ulong> heap, ulong key)
    {
        heap[0] = key;
        SiftDown(heap, 0);
    }

    private static void SiftDown(Span<ulong> heap, int parent)
    {
        ulong key = heap[parent];
        for (int child = (2 * parent) + 1; child < heap.Length; child = (2 * parent) + 1)
        {
            if (child + 1 < heap.Length && heap[child + 1] < heap[child])
            {
                child++;
            }

            if (key <= heap[child])
            {
                break;
            }

            heap[parent] = heap[child];
            parent = child;
        }

        heap[parent] = key;
    }
}
