using Winnow.Compute.Cpu.Elementwise;
using Winnow.Compute.Simd;

namespace Winnow.Compute.Cpu.Attention;

/// <summary>Softmax over rows that come in tiles (https://arxiv.org/abs/1805.02867): running maxima, and sums that are corrected when a maximum grows.</summary>
internal static unsafe class OnlineSoftmax
{
    /// <summary>Score s becomes cap · tanh(s / cap).</summary>
    public static void SoftCap<S, V>(float* scores, int count, float cap)
        where S : struct, ISimd<V>
        where V : struct
    {
        V factor = S.Broadcast(cap);
        for (int i = 0; i < count; i += S.Width)
        {
            V score = S.Load(scores + i);
            S.Store(SoftCapped.Invoke<S, V>(score, score, factor), scores + i);
        }
    }

    /// <summary>Turns a tile of scores into probabilities that are relative to the running maximum.</summary>
    /// <param name="scores">[rows, <see cref="AttentionInput.TileRows"/>], −∞ where a row is not visible; replaced.</param>
    /// <param name="rows">Query rows.</param>
    /// <param name="maxima">[rows], −∞ at first.</param>
    /// <param name="corrections">[rows, in whole vectors]: what sums and outputs so far must be multiplied with.</param>
    /// <param name="sums">[rows, width]: lanes of the running sums, 0 at first.</param>
    /// <param name="factor">What the stored probabilities are multiplied with, but not the sums.</param>
    public static void Update<S, V>(float* scores, int rows, float* maxima, float* corrections, float* sums, float factor)
        where S : struct, ISimd<V>
        where V : struct
    {
        bool grows = false;
        for (int row = 0; row < rows; row++)
        {
            float* tile = scores + (row * AttentionInput.TileRows);
            V largest = S.Load(tile);
            for (int i = S.Width; i < AttentionInput.TileRows; i += S.Width)
            {
                largest = S.Max(largest, S.Load(tile + i));
            }

            float before = maxima[row];
            float maximum = Math.Max(before, VectorMath.Max<S, V>(largest));
            corrections[row] = before - Reference(maximum);
            maxima[row] = maximum;
            grows |= before != maximum;
        }

        // After the first tiles a maximum rarely grows, and e⁰ is exactly 1.
        for (int row = 0; row < rows; row += S.Width)
        {
            S.Store(grows ? VectorMath.Exp<S, V>(S.Load(corrections + row)) : S.Broadcast(1f), corrections + row);
        }

        V factors = S.Broadcast(factor);
        for (int row = 0; row < rows; row++)
        {
            float* tile = scores + (row * AttentionInput.TileRows);
            V reference = S.Broadcast(Reference(maxima[row]));
            V sum = S.Multiply(S.Load(sums + (row * S.Width)), S.Broadcast(corrections[row]));
            for (int i = 0; i < AttentionInput.TileRows; i += S.Width)
            {
                V probability = VectorMath.Exp<S, V>(S.Subtract(S.Load(tile + i), reference));
                sum = S.Add(sum, probability);
                S.Store(S.Multiply(probability, factors), tile + i);
            }

            S.Store(sum, sums + (row * S.Width));
        }
    }

    /// <summary>What is subtracted from scores: the maximum, or 0 while no row was visible.</summary>
    public static float Reference(float maximum) => maximum == float.NegativeInfinity ? 0 : maximum;
}
