using Winnow.Compute.Host;

namespace Winnow.Retrieval.Features;

/// <summary>Finds the k largest of a row of activations in one pass over it; of equal ones, the lower feature wins.</summary>
/// <remarks>
/// A running threshold lets whole vectors pass that hold nothing large enough; what remains is a small set of candidates, cut
/// down to k whenever it is full. NaN counts as the smallest value.
/// </remarks>
internal sealed class TopFeatures
{
    private readonly int _count;
    private readonly ulong[] _candidates;

    /// <param name="count">How many to find.</param>
    public TopFeatures(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        _count = count;
        _candidates = new ulong[4 * count];
    }

    /// <summary>Selects from one row.</summary>
    /// <param name="activations">[latents], at least as many as are to be found.</param>
    /// <param name="features">Receives the numbers of the largest, the largest first.</param>
    /// <param name="values">Receives their activations.</param>
    public void Select(ReadOnlySpan<float> activations, Span<int> features, Span<float> values)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(activations.Length, _count, nameof(activations));
        int held = 0;
        float threshold = float.NegativeInfinity;
        int done = 0;
        for (; done <= activations.Length - FloatBlock.Length; done += FloatBlock.Length)
        {
            if (FloatBlock.AnyFrom(activations[done..], threshold))
            {
                Take(activations, done, FloatBlock.Length, ref held, ref threshold);
            }
        }

        Take(activations, done, activations.Length - done, ref held, ref threshold);
        _candidates.AsSpan(0, held).Sort();
        for (int i = 0; i < _count; i++)
        {
            // Vectors of NaN alone pass no threshold; then fewer are held than asked for, and the lowest features fill up.
            features[i] = i < held ? FeatureOf(_candidates[held - 1 - i]) : i;
            values[i] = activations[features[i]];
        }
    }

    private void Take(ReadOnlySpan<float> activations, int first, int count, ref int held, ref float threshold)
    {
        for (int feature = first; feature < first + count; feature++)
        {
            if (activations[feature] >= threshold)
            {
                _candidates[held++] = Key(activations[feature], feature);
                if (held == _candidates.Length)
                {
                    Array.Sort(_candidates);
                    Array.Copy(_candidates, held - _count, _candidates, 0, _count);
                    held = _count;
                    threshold = activations[FeatureOf(_candidates[0])];
                }
            }
        }
    }

    /// <summary>One integer whose order is: activation ascending, then feature descending.</summary>
    private static ulong Key(float activation, int feature)
    {
        // Adding zero turns -0 into 0, which equals it.
        uint bits = BitConverter.SingleToUInt32Bits(activation + 0f);
        uint order = (bits & 0x8000_0000) != 0 ? ~bits : bits | 0x8000_0000;
        return ((ulong)order << 32) | (uint.MaxValue - (uint)feature);
    }

    private static int FeatureOf(ulong key) => (int)(uint.MaxValue - (uint)key);
}
