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

    /// <summary>Hugging Face's rotated pairs (i, i + n / 2) of each head brought side by side, as GGUF files of Llama have them.</summary>
    public static int[] InterleavePairs(int heads, int headDimension)
    {
        int[] rows = new int[heads * headDimension];
        for (int head = 0; head < heads; head++)
        {
            for (int i = 0; i < headDimension / 2; i++)
            {
                int first = head * headDimension;
                rows[first + (2 * i)] = first + i;
                rows[first + (2 * i) + 1] = first + i + (headDimension / 2);
            }
        }

        return rows;
    }
}
