using System.Numerics;

namespace Winnow.Models.Config;

/// <summary>
/// Attention with linear biases as two more elements of queries and keys: a score's bias is slope · (row − position), of which the
/// part with the query's position is the same for all rows, and passes through the softmax.
/// </summary>
/// <remarks>
/// https://arxiv.org/abs/2108.12409. Keys hold the row's number in two parts, so that it is exact in a cache of 16 bits: so
/// attention, and the methods that choose rows by scores, need not know of biases.
/// </remarks>
internal static class AlibiColumns
{
    /// <summary>Elements that are added to a head.</summary>
    public const int Count = 2;

    /// <summary>What the first part of a row's number counts.</summary>
    private const int Part = 64;

    /// <summary>The elements of a key.</summary>
    public static (float High, float Low) OfKey(int row) => (row / Part, row % Part);

    /// <summary>The elements of a query.</summary>
    /// <param name="slope">That of its head.</param>
    /// <param name="scale">What scores are multiplied with.</param>
    public static (float High, float Low) OfQuery(float slope, float scale) => (Part * slope / scale, slope / scale);

    /// <summary>The slope of each head: powers of 2^(−bias / n) for the first n heads, n the largest power of two, odd powers of its root for the others.</summary>
    /// <param name="heads">How many there are.</param>
    /// <param name="bias">What the exponents of n heads add up to, usually 8.</param>
    public static float[] Slopes(int heads, float bias)
    {
        int power = 1 << BitOperations.Log2((uint)heads);
        float[] slopes = new float[heads];
        for (int head = 0; head < heads; head++)
        {
            float exponent = head < power ? head + 1 : head - power + 0.5f;
            slopes[head] = MathF.Pow(2, -bias * exponent / power);
        }

        return slopes;
    }
}
