using Winnow.Compute;

namespace Winnow.Models.Weights;

/// <summary>Orders in which formats keep the rows of attention projections: element i of a result is the row that comes i-th.</summary>
internal static class RowOrder
{
    /// <summary>Hugging Face's head-by-head q₀ k₀ v₀ q₁ k₁ v₁ … taken apart: all queries, all keys, all values.</summary>
    public static int[] SplitHeads(int heads, int headDimension)
    {
        int[] rows = new int[3 * heads * headDimension];
        int next = 0;
        for (int part = 0; part < 3; part++)
        {
            for (int head = 0; head < heads; head++)
            {
                for (int i = 0; i < headDimension; i++)
                {
                    rows[next++] = (((head * 3) + part) * headDimension) + i;
                }
            }
        }

        return rows;
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
    /// <param name="heads">How many heads.</param>
    /// <param name="headDimension">Elements of a head.</param>
    /// <param name="rotaryDimension">n, how many of them are rotated; the others stay.</param>
    public static int[] InterleavePairs(int heads, int headDimension, int rotaryDimension)
    {
        int[] rows = [.. Enumerable.Range(0, heads * headDimension)];
        for (int first = 0; first < rows.Length; first += headDimension)
        {
            for (int i = 0; i < rotaryDimension / 2; i++)
            {
                rows[first + (2 * i)] = first + i;
                rows[first + (2 * i) + 1] = first + i + (rotaryDimension / 2);
            }
        }

        return rows;
    }
}
