
namespace Winnow.Compute.Cpu.Elementwise;

/// <summary>Cosines and sines of some positions, kept from layer to layer: 8 bytes for each position and rotated element.</summary>
/// <remarks>
/// A position has <see cref="Columns"/> cosines, then as many sines. Where pairs are neighbours, both elements of a pair have
/// their entry, and the sine that goes with the first is negated.
/// </remarks>
internal sealed unsafe class RopeTable : IDisposable
{
    private readonly Scratch _memory = new();
    private RopeFrequencies? _frequencies;
    private float* _data;
    private int[] _positions = [];
    private int _count;

    /// <summary>Cosines of a position.</summary>
    public int Columns { get; private set; }

    public void Dispose()
    {
        _memory.Dispose();
        _frequencies = null;
    }

    /// <summary>Whether the table is of these frequencies, whatever its positions.</summary>
    public bool IsOf(RopeFrequencies frequencies) => ReferenceEquals(_frequencies, frequencies);

    /// <summary>The cosines of the first position; those of the next follow 2 · <see cref="Columns"/> later.</summary>
    public float* Of(RopeFrequencies frequencies, ReadOnlySpan<int> positions)
    {
        if (!IsOf(frequencies) || !positions.SequenceEqual(_positions.AsSpan(0, _count)))
        {
            Fill(frequencies, positions);
        }

        return _data;
    }

    private void Fill(RopeFrequencies frequencies, ReadOnlySpan<int> positions)
    {
        ReadOnlySpan<float> inverse = frequencies.InverseFrequencies;
        Columns = frequencies.Interleaved ? 2 * inverse.Length : inverse.Length;
        _data = (float*)_memory.Reserve((long)positions.Length * 2 * Columns * sizeof(float));
        _frequencies = frequencies;
        if (_positions.Length < positions.Length)
        {
            _positions = new int[positions.Length];
        }

        positions.CopyTo(_positions);
        _count = positions.Length;
        float* cosines = _data;
        foreach (int position in positions)
        {
            float* sines = cosines + Columns;
            for (int i = 0; i < inverse.Length; i++)
            {
                float angle = position * inverse[i];
                (double sine, double cosine) = Math.SinCos(angle);
                float s = (float)(sine * frequencies.Magnitude);
                float c = (float)(cosine * frequencies.Magnitude);
                if (frequencies.Interleaved)
                {
                    cosines[2 * i] = c;
                    cosines[(2 * i) + 1] = c;
                    sines[2 * i] = -s;
                    sines[(2 * i) + 1] = s;
                }
                else
                {
                    cosines[i] = c;
                    sines[i] = s;
                }
            }

            cosines = sines + Columns;
        }
    }
}
