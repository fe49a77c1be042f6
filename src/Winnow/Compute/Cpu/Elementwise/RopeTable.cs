
namespace Winnow.Compute.Cpu.Elementwise;

/// <summary>Cosines and sines of a run of positions, kept from layer to layer: 8 bytes for each position and rotated element.</summary>
/// <remarks>
/// A position has <see cref="Columns"/> cosines, then as many sines. Where pairs are neighbours, both elements of a pair have
/// their entry, and the sine that goes with the first is negated.
/// </remarks>
internal sealed unsafe class RopeTable : IDisposable
{
    private readonly Scratch _memory = new();
    private RopeFrequencies? _frequencies;
    private float* _data;
    private int _first;
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
    public float* Of(RopeFrequencies frequencies, int first, int count)
    {
        if (!IsOf(frequencies) || first < _first || first + count > _first + _count)
        {
            Fill(frequencies, first, count);
        }

        return _data + ((long)(first - _first) * 2 * Columns);
    }

    private void Fill(RopeFrequencies frequencies, int first, int count)
    {
        ReadOnlySpan<float> inverse = frequencies.InverseFrequencies;
        Columns = frequencies.Interleaved ? 2 * inverse.Length : inverse.Length;
        _data = (float*)_memory.Reserve((long)count * 2 * Columns * sizeof(float));
        _frequencies = frequencies;
        _first = first;
        _count = count;
        float* cosines = _data;
        for (int position = first; position < first + count; position++)
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
