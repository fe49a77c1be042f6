using System.Numerics;
using System.Numerics.Tensors;
using Winnow.Compute.Host;

namespace Winnow.Sampling;

/// <summary>The tokens that are still in the running, as parallel columns that are reused from token to token.</summary>
/// <remarks>
/// Order carries no meaning beyond this: of two candidates with equal logits the one with the lower id comes first.
/// Columns, not rows, so that softmax runs over contiguous logits. They grow to the most candidates ever held: the
/// vocabulary, or the k of top-k.
/// </remarks>
internal sealed class Candidates
{
    private int[] ids = [];
    private float[] logits = [];
    private float[] probabilities = [];
    private ulong[] keys = [];

    /// <summary>How many candidates there are.</summary>
    public int Count { get; private set; }

    /// <summary>Token ids, [Count].</summary>
    public ReadOnlySpan<int> Ids => ids.AsSpan(0, Count);

    /// <summary>Logits, [Count].</summary>
    public Span<float> Logits => logits.AsSpan(0, Count);

    /// <summary>Probabilities as the last <see cref="Softmax"/> left them, [Count].</summary>
    public ReadOnlySpan<float> Probabilities => probabilities.AsSpan(0, Count);

    /// <summary>Scratch keys for selection, [Count].</summary>
    public Span<ulong> Keys => keys.AsSpan(0, Count);

    /// <summary>Removes all candidates and makes room for others.</summary>
    /// <param name="capacity">How many may be added.</param>
    /// <returns>Scratch keys, [capacity].</returns>
    public Span<ulong> Clear(int capacity)
    {
        Count = 0;
        if (ids.Length < capacity)
        {
            ids = new int[capacity];
            logits = new float[capacity];
            probabilities = new float[capacity];
            keys = new ulong[capacity];
        }

        return keys.AsSpan(0, capacity);
    }

    /// <summary>Adds a candidate.</summary>
    public void Add(int id, float logit)
    {
        ids[Count] = id;
        logits[Count] = logit;
        Count++;
    }

    /// <summary>Makes every token whose logit reaches a floor a candidate, in order of ids.</summary>
    /// <param name="source">Logits, [vocabulary].</param>
    /// <param name="floor">The least logit to take; above negative infinity.</param>
    public void Load(ReadOnlySpan<float> source, float floor)
    {
        Clear(source.Length);
        Span<int> toIds = ids.AsSpan(0, source.Length);
        Span<float> toLogits = logits.AsSpan(0, source.Length);
        int count = 0;
        for (int id = 0; id < source.Length; id++)
        {
            // Written in any case and counted if wanted: no branch to mispredict.
            float logit = source[id];
            toIds[count] = id;
            toLogits[count] = logit;
            count += logit >= floor ? 1 : 0;
        }

        Count = count;
    }

    /// <summary>Computes the probabilities of the candidates from their logits.</summary>
    /// <returns>The greatest logit.</returns>
    public float Softmax()
    {
        Span<float> result = probabilities.AsSpan(0, Count);
        float max = TensorPrimitives.Max<float>(Logits);
        TensorPrimitives.Subtract(Logits, max, result);
        TensorPrimitives.Exp<float>(result, result);
        TensorPrimitives.Divide(result, TensorPrimitives.Sum<float>(result), result);
        return max;
    }

    /// <summary>Removes every candidate whose logit is below a floor.</summary>
    public void RemoveBelow(float floor)
    {
        int kept = 0;
        for (int i = 0; i < Count; i++)
        {
            if (logits[i] >= floor)
            {
                Move(i, kept++);
            }
        }

        Count = kept;
    }

    /// <summary>Removes every candidate whose probability reaches a threshold, but for one.</summary>
    /// <param name="threshold">The least probability to remove.</param>
    /// <param name="spared">The index of the candidate that stays.</param>
    public void RemoveProbable(float threshold, int spared)
    {
        int kept = 0;
        for (int i = 0; i < Count; i++)
        {
            if (probabilities[i] < threshold || i == spared)
            {
                Move(i, kept++);
            }
        }

        Count = kept;
    }

    /// <summary>
    /// Keeps the candidates of the least <see cref="Keys"/> until they have gathered a probability mass, and removes the rest.
    /// </summary>
    /// <remarks>
    /// Keys are ranked as <see cref="Rank"/>, complemented, so that the best is the least. A quick-select that follows the
    /// mass, not a position, finds where to stop in linear time: the tail of a large vocabulary is never sorted.
    /// </remarks>
    /// <param name="mass">The sum of probabilities at which to stop; 0 keeps just <paramref name="minKeep"/>.</param>
    /// <param name="minKeep">How many to keep at least.</param>
    public void KeepLeastKeys(double mass, int minKeep)
    {
        const int SmallRange = 32;
        const float KeptMark = -1;
        Span<ulong> all = Keys;
        double sum = 0;
        int kept = 0;
        int end = all.Length;

        // Pivots that keep dividing badly end in an ordinary sort of what remains.
        for (int divisions = 2 * BitOperations.Log2((uint)Count + 1); end - kept > SmallRange && divisions > 0; divisions--)
        {
            int split = kept + Partition(all[kept..end]);
            double lower = 0;
            foreach (ulong key in all[kept..split])
            {
                lower += probabilities[Rank.Index(~key)];
            }

            if (sum + lower >= mass && split >= minKeep && split > kept)
            {
                end = split;
            }
            else
            {
                sum += lower;
                kept = split;
            }
        }

        all[kept..end].Sort();
        bool isEnough = false;
        while (!isEnough && kept < end)
        {
            sum += probabilities[Rank.Index(~all[kept++])];
            isEnough = sum >= mass && kept >= minKeep;
        }

        foreach (ulong key in all[..kept])
        {
            probabilities[Rank.Index(~key)] = KeptMark;
        }

        kept = 0;
        for (int i = 0; i < Count; i++)
        {
            if (probabilities[i] == KeptMark)
            {
                Move(i, kept++);
            }
        }

        Count = kept;
    }

    /// <summary>Fills <see cref="Keys"/> so that the greatest logit has the least key.</summary>
    public void RankByLogit()
    {
        for (int i = 0; i < Count; i++)
        {
            keys[i] = ~Rank.Of(logits[i], i);
        }
    }

    /// <summary>Keeps one candidate.</summary>
    public void KeepOnly(int index)
    {
        Move(index, 0);
        Count = 1;
    }

    private void Move(int from, int to)
    {
        ids[to] = ids[from];
        logits[to] = logits[from];
    }

    /// <summary>Moves the keys below the median of three of them to the front, without branches, and returns how many.</summary>
    private static int Partition(Span<ulong> range)
    {
        ulong first = range[0];
        ulong middle = range[range.Length / 2];
        ulong last = range[^1];
        ulong pivot = Math.Max(Math.Min(first, middle), Math.Min(Math.Max(first, middle), last));
        int below = 0;
        for (int i = 0; i < range.Length; i++)
        {
            ulong key = range[i];
            range[i] = range[below];
            range[below] = key;
            below += key < pivot ? 1 : 0;
        }

        return below;
    }
}
