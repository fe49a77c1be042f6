using Winnow.Compute;

namespace Winnow.Models.Weights;

/// <summary>Orders in which formats keep the rows of attention projections: element i of a result is the row that comes i-th.</summary>
internal static class RowOrder
{
    /// <summary>
    /// Hugging Face's fused projections that go KV head by KV head, with the queries that share it before it, taken apart: all
    /// queries, all keys, all values.
    /// </summary>
    public static int[] SplitGroups(int queryHeads, int kvHeads, int headDimension)
    {
        int shared = queryHeads / kvHeads;
        IEnumerable<int> Parts(int first, int count) => Enumerable.Range(0, kvHeads)
            .SelectMany(group => Enumerable.Range(((group * (shared + 2)) + first) * headDimension, count * headDimension));
        return [.. Parts(0, shared), .. Parts(shared, 1), .. Parts(shared + 1, 1)];
    }

    /// <summary>
    /// Qwen 3 Next's queries, keys, values and gates, key head by key head, taken apart: all queries, all keys, all values, all gates.
    /// </summary>
    public static int[] SplitKeyHeads(LinearAttentionShape heads)
    {
        int values = heads.Heads / heads.KeyHeads * heads.ValueDimension;
        return Split(heads.KeyHeads, [heads.KeyDimension, heads.KeyDimension, values, values]);
    }

    /// <summary>Qwen 3 Next's rates and decays, key head by key head, taken apart: all rates, all decays.</summary>
    public static int[] SplitRates(LinearAttentionShape heads)
    {
        int each = heads.Heads / heads.KeyHeads;
        return Split(heads.KeyHeads, [each, each]);
    }

    /// <summary>Value heads that GGUF files have the other way round: those that share a key head are not neighbours, h mod keyHeads names it.</summary>
    /// <param name="heads">The heads.</param>
    /// <param name="width">Rows of a head.</param>
    /// <param name="before">Rows before the first one, which stay.</param>
    public static int[] TileValueHeads(LinearAttentionShape heads, int width, int before = 0)
    {
        int each = heads.Heads / heads.KeyHeads;
        IEnumerable<int> order =
            from i in Enumerable.Range(0, each)
            from keyHead in Enumerable.Range(0, heads.KeyHeads)
            from row in Enumerable.Range(0, width)
            select before + (((keyHead * each) + i) * width) + row;
        return [.. Enumerable.Range(0, before), .. order];
    }

    /// <summary>Groups of parts of some widths taken apart: the first parts of all groups, then the second ones.</summary>
    private static int[] Split(int groups, ReadOnlySpan<int> widths)
    {
        int size = 0;
        foreach (int width in widths)
        {
            size += width;
        }

        List<int> rows = [];
        int first = 0;
        foreach (int width in widths)
        {
            for (int group = 0; group < groups; group++)
            {
                rows.AddRange(Enumerable.Range((group * size) + first, width));
            }

            first += width;
        }

        return [.. rows];
    }

    /// <summary>Hugging Face's rotated pairs (i, i + n / 2) of each head brought side by side, as GGUF files of Llama have them.</summary>
    /// <param name="heads">Heads.</param>
    /// <param name="headDimension">Rows of a head.</param>
    /// <param name="first">The first rotated row of a head.</param>
    /// <param name="rotated">Rotated rows of a head.</param>
    public static int[] InterleavePairs(int heads, int headDimension, int first, int rotated)
    {
        int[] rows = [.. Enumerable.Range(0, heads * headDimension)];
        for (int head = 0; head < heads; head++)
        {
            int start = (head * headDimension) + first;
            for (int i = 0; i < rotated / 2; i++)
            {
                rows[start + (2 * i)] = start + i;
                rows[start + (2 * i) + 1] = start + i + (rotated / 2);
            }
        }

        return rows;
    }
}
