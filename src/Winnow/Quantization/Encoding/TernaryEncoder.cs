namespace Winnow.Quantization.Encoding;

/// <summary>
/// Encodes blocks of 256 whose weights are entries of the ternary grid, shifted by an eighth up or down, with a 3-bit scale s per group:
/// x ≈ d · (2s + 1) · (value ± 1/8). The search is that of <see cref="GridEncoder"/>.
/// </summary>
internal sealed class TernaryEncoder
{
    private const int Length = 256;
    private const int Vector = 8;
    private const int Trials = 24;
    private const float Negligible = 1e-12f;

    private readonly GridSearch _grid;
    private readonly float[][] _values;
    private readonly float[] _first = [-0.875f, -1.125f];
    private readonly int _group;
    private readonly int _shared;

    /// <summary>Describes a type.</summary>
    /// <param name="grid">The grid.</param>
    /// <param name="group">Weights that share a scale.</param>
    /// <param name="shared">Weights that share a shift: a group of them, or those of an entry.</param>
    public TernaryEncoder(GridSearch grid, int group, int shared)
    {
        _grid = grid;
        _values = [grid.Values([-0.875f, 0.125f, 1.125f]), grid.Values([-1.125f, -0.125f, 0.875f])];
        _group = group;
        _shared = shared;
    }

    /// <summary>Encodes all of a block but its packing; a set sign means that an entry is shifted down.</summary>
    /// <param name="block">256 weights.</param>
    /// <param name="importance">See <see cref="ErrorWeights.Of"/>.</param>
    /// <param name="code">Receives scales, entries, and a sign for each entry.</param>
    public void Encode(ReadOnlySpan<float> block, ReadOnlySpan<float> importance, ref GridCode code)
    {
        Span<float> w = stackalloc float[Length];
        Span<float> scales = stackalloc float[Length / 16];
        ErrorWeights.Of(block, importance, ErrorWeights.Variance(block, 2), w, share: 0.25f);
        scales = scales[..(Length / _group)];
        code.Entries.Clear();
        code.Signs.Clear();
        code.Scales.Clear();
        float largest = 0;
        for (int i = 0; i < scales.Length; i++)
        {
            scales[i] = Search(block.Slice(i * _group, _group), w.Slice(i * _group, _group), Entries(code, i), Shifts(code, i));
            largest = MathF.Max(largest, scales[i]);
        }

        code.D = (Half)0f;
        if (!(largest > 0))
        {
            return;
        }

        float d = largest / 15;
        for (int pass = 0; pass < 2; pass++)
        {
            float products = 0;
            float squares = 0;
            for (int i = 0; i < scales.Length; i++)
            {
                ReadOnlySpan<float> x = block.Slice(i * _group, _group), weights = w.Slice(i * _group, _group);
                int near = Math.Clamp((int)MathF.Round(((scales[i] / d) - 1) / 2), 0, 7);
                int best = near;
                float least = float.PositiveInfinity;
                for (int level = Math.Max(near - 1, 0); level <= Math.Min(near + 1, 7); level++)
                {
                    float error = FindAll(x, weights, d * ((2 * level) + 1), Entries(code, i), Shifts(code, i), out _, out _);
                    (least, best) = error < least ? (error, level) : (least, best);
                }

                FindAll(x, weights, d * ((2 * best) + 1), Entries(code, i), Shifts(code, i), out float product, out float square);
                code.Scales[i] = (byte)best;
                products += ((2 * best) + 1) * product;
                squares += ((2 * best) + 1) * ((2 * best) + 1) * square;
            }

            // The last pass finds the entries for the d that is stored.
            d = products > 0 ? products / squares : d;
            code.D = (Half)d;
            d = (float)code.D;
            if (d == 0)
            {
                return;
            }
        }

        for (int i = 0; i < scales.Length; i++)
        {
            float scale = d * ((2 * code.Scales[i]) + 1);
            FindAll(block.Slice(i * _group, _group), w.Slice(i * _group, _group), scale, Entries(code, i), Shifts(code, i), out _, out _);
        }
    }

    private Span<ushort> Entries(GridCode code, int group) => code.Entries.Slice(group * _group / Vector, _group / Vector);

    private Span<byte> Shifts(GridCode code, int group) => code.Signs.Slice(group * _group / Vector, _group / Vector);

    private float Search(ReadOnlySpan<float> x, ReadOnlySpan<float> w, Span<ushort> entries, Span<byte> shifts)
    {
        float largest = 0;
        foreach (float value in x)
        {
            largest = MathF.Max(largest, MathF.Abs(value));
        }

        if (largest < Negligible)
        {
            return 0;
        }

        float best = 0;
        float bestGain = 0;
        for (int trial = 0; trial < Trials; trial++)
        {
            FindAll(x, w, largest * (1.05f - (0.04f * trial)), entries, shifts, out float products, out float squares);
            if (products > 0 && products * products > bestGain * squares)
            {
                best = products / squares;
                bestGain = products * best;
            }
        }

        for (int i = 0; i < 2 && best > 0; i++)
        {
            FindAll(x, w, best, entries, shifts, out float products, out float squares);
            best = products > 0 ? products / squares : best;
        }

        return best;
    }

    /// <summary>
    /// Entries and shifts of least error for a scale, Σ w·x·value and Σ w·value² of them, and the error less Σ w·x².
    /// </summary>
    private float FindAll(
        ReadOnlySpan<float> x, ReadOnlySpan<float> w, float scale, Span<ushort> entries, Span<byte> shifts, out float products, out float squares)
    {
        products = squares = 0;
        Span<ushort> found = stackalloc ushort[4];
        int count = _shared / Vector;
        for (int i = 0; i < entries.Length; i += count)
        {
            float bestProduct = 0, bestSquare = 0, least = float.PositiveInfinity;
            for (int shift = 0; shift < 2; shift++)
            {
                float product = 0, square = 0;
                for (int j = 0; j < count; j++)
                {
                    ReadOnlySpan<float> part = x.Slice((i + j) * Vector, Vector), weights = w.Slice((i + j) * Vector, Vector);
                    found[j] = (ushort)_grid.Find(part, weights, scale, _values[shift], _first[shift], 1);
                    ReadOnlySpan<float> values = _values[shift].AsSpan(found[j] * Vector, Vector);
                    for (int k = 0; k < Vector; k++)
                    {
                        float weighted = weights[k] * values[k];
                        product += weighted * part[k];
                        square += weighted * values[k];
                    }
                }

                float error = scale * ((scale * square) - (2 * product));
                if (error < least)
                {
                    (least, bestProduct, bestSquare) = (error, product, square);
                    found[..count].CopyTo(entries[i..]);
                    shifts.Slice(i, count).Fill((byte)shift);
                }
            }

            products += bestProduct;
            squares += bestSquare;
        }

        return scale * ((scale * squares) - (2 * products));
    }
}
