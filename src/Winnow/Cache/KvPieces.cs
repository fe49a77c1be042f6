using Winnow.Compute;

namespace Winnow.Cache;

/// <summary>The bytes of a layer's pages in long pieces: pages that follow each other in memory are copied together.</summary>
internal static class KvPieces
{
    /// <summary>The first pages of a layer, in order.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="pages">How many pages.</param>
    /// <param name="largest">Bytes of the longest piece; a page may come in several.</param>
    public static IEnumerable<(KvPage Start, int Length)> Of(KvLayer layer, int pages, int largest)
    {
        long pageBytes = layer.Layout.PageBytes;
        for (int first = 0, end; first < pages; first = end)
        {
            KvPage start = layer.Pages[first];
            end = first + 1;
            while (end < pages && layer.Pages[end] == new KvPage(start.Buffer, start.OffsetBytes + ((end - first) * pageBytes)))
            {
                end++;
            }

            long bytes = (end - first) * pageBytes;
            for (long done = 0; done < bytes; done += largest)
            {
                yield return (start with { OffsetBytes = start.OffsetBytes + done }, (int)Math.Min(largest, bytes - done));
            }
        }
    }
}
