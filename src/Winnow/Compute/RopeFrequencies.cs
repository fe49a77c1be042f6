namespace Winnow.Compute;

/// <summary>How positions rotate queries and keys: one immutable table, shared by the layers that use it.</summary>
/// <remarks>
/// The angle of pair i at position p is the f32 product p · <see cref="InverseFrequencies"/>[i], as in the PyTorch models that
/// weights come from; sine and cosine are scaled by <see cref="Magnitude"/>.
/// </remarks>
internal sealed class RopeFrequencies
{
    private readonly float[] _inverseFrequencies;

    /// <summary>Creates a table.</summary>
    /// <param name="inverseFrequencies">One per rotated pair, scaling (linear, llama3, yarn, longrope) included.</param>
    /// <param name="interleaved">
    /// True where a pair is elements (2i, 2i + 1) of a head, as in GGUF files of llama; false where it is (i, i + n / 2) of the
    /// n rotated elements, as in Hugging Face's layout.
    /// </param>
    /// <param name="magnitude">What sine and cosine are multiplied with; 1 unless the scaling (yarn, longrope) says otherwise.</param>
    public RopeFrequencies(ReadOnlySpan<float> inverseFrequencies, bool interleaved, float magnitude = 1)
    {
        _inverseFrequencies = inverseFrequencies.ToArray();
        Interleaved = interleaved;
        Magnitude = magnitude;
    }

    /// <summary>The same angles the other way round.</summary>
    public RopeFrequencies Reversed() => new(Array.ConvertAll(_inverseFrequencies, value => -value), Interleaved, Magnitude);

    /// <summary>Radians per position of each pair.</summary>
    public ReadOnlySpan<float> InverseFrequencies => _inverseFrequencies;

    /// <summary>How many leading elements of a head are rotated; the rest pass unchanged.</summary>
    public int RotaryDimension => 2 * _inverseFrequencies.Length;

    /// <summary>Whether pairs are neighbours.</summary>
    public bool Interleaved { get; }

    /// <summary>The factor of sine and cosine.</summary>
    public float Magnitude { get; }
}
