namespace Winnow.Quantization.Encoding;

/// <summary>
/// Encodes blocks of 256 whose magnitudes are entries of a grid, with a 4-bit scale s per group: |x| ≈ d · (2s + 1) · value.
/// </summary>
/// <remarks>
/// For each group a few spacings are tried. Each fixes the entries, and these fix the scale of least squared error in closed form. The
/// groups' scales are then rounded, and entries and d are fitted to the rounded ones.
/// </remarks>
internal sealed class GridEncoder
{
    private const int Length = 256;
    private const int Trials = 17;
    private const float Negligible = 1e-12f;

    private readonly GridSearch _grid;
    private readonly float[] _values;
    private readonly float _top;
    private readonly int _group;
    private readonly bool _hasParity;

    /// <summary>Describes a type.</summary>
    /// <param name="grid">The grid.</param>
    /// <param name="meanings">The magnitude of each level, in units of the smallest, about 2 apart.</param>
    /// <param name="group">Weights that share a scale.</param>
    /// <param name="hasParity">Whether the signs of eight weights must be even.</param>
    public GridEncoder(GridSearch grid, ReadOnlySpan<float> meanings, int group, bool hasParity)
    {
        _grid = grid;
        _values = grid.Values(meanings);
        _top = meanings[^1];
        _group = group;
        _hasParity = hasParity;
    }

    /// <summary>Encodes all of a block but its packing.</summary>
    /// <param name="block">256 weights.</param>
    /// <param name="importance">See <see cref="ErrorWeights.Of"/>.</param>
    /// <param name="variance">See <see cref="ErrorWeights.Variance"/>.</param>
    /// <param name="code">Receives scales, entries and signs.</param>
    public void Encode(ReadOnlySpan<float> block, ReadOnlySpan<float> importance, float variance, ref GridCode code)
    {
        Span<float> w = stackalloc float[Length];
        Span<float> x = stackalloc float[Length];
        Span<float> scales = stackalloc float[Length / 16];
        ErrorWeights.Of(block, importance, variance, w, share: 0.25f);
        TakeSigns(block, w, x, code.Signs);
        code.Entries.Clear();
        code.Scales.Clear();
        scales = scales[..(Length / _group)];
        float largest = 0;
        for (int i = 0; i < scales.Length; i++)
        {
            scales[i] = Search(Part(x, i), Part(w, i), Part(code.Entries, i));
            largest = MathF.Max(largest, scales[i]);
        }

        code.D = (Half)0f;
        if (!(largest > 0))
        {
            return;
        }

        float d = largest / 31;
        for (int i = 0; i < scales.Length; i++)
        {
            int near = Math.Clamp((int)MathF.Round(((scales[i] / d) - 1) / 2), 0, 15);
            code.Scales[i] = (byte)BestScale(d, near, Part(x, i), Part(w, i), Part(code.Entries, i));
        }

        code.D = (Half)Fit(x, w, code);
        for (int i = 0; i < scales.Length; i++)
        {
            float scale = (float)code.D * ((2 * code.Scales[i]) + 1);
            if (scale > 0)
            {
                FindAll(Part(x, i), Part(w, i), scale, Part(code.Entries, i));
            }
        }
    }

    private Span<T> Part<T>(Span<T> all, int group)
    {
        int length = all.Length / (Length / _group);
        return all.Slice(group * length, length);
    }

    /// <summary>Magnitudes and signs. Where signs must be even and are not, the weight whose error costs least gets the other one.</summary>
    private void TakeSigns(ReadOnlySpan<float> block, ReadOnlySpan<float> w, Span<float> x, Span<byte> signs)
    {
        for (int part = 0; part < signs.Length; part++)
        {
            int bits = 0;
            int cheapest = 8 * part;
            for (int i = 8 * part; i < (8 * part) + 8; i++)
            {
                x[i] = MathF.Abs(block[i]);
                bits |= (block[i] < 0 ? 1 : 0) << (i % 8);
                cheapest = w[i] * x[i] * x[i] < w[cheapest] * x[cheapest] * x[cheapest] ? i : cheapest;
            }

            if (_hasParity && int.PopCount(bits) % 2 != 0)
            {
                bits ^= 1 << (cheapest % 8);
                x[cheapest] = -x[cheapest];
            }

            signs[part] = (byte)bits;
        }
    }

    private float Search(ReadOnlySpan<float> x, ReadOnlySpan<float> w, Span<ushort> entries)
    {
        float largest = 0;
        foreach (float value in x)
        {
            largest = MathF.Max(largest, value);
        }

        if (largest < Negligible)
        {
            return 0;
        }

        float best = 0;
        float bestGain = 0;
        for (int trial = 0; trial < Trials; trial++)
        {
            FindAll(x, w, largest / _top * (1.2f - (0.05f * trial)), entries);
            (float products, float squares) = Sums(x, w, entries);
            if (products > 0 && products * products > bestGain * squares)
            {
                best = products / squares;
                bestGain = products * best;
            }
        }

        for (int i = 0; i < 2 && best > 0; i++)
        {
            FindAll(x, w, best, entries);
            (float products, float squares) = Sums(x, w, entries);
            best = products > 0 ? products / squares : best;
        }

        return best;
    }

    /// <summary>Which of the neighbouring scales costs least; the entries are those of it.</summary>
    private int BestScale(float d, int near, ReadOnlySpan<float> x, ReadOnlySpan<float> w, Span<ushort> entries)
    {
        int best = near;
        float least = float.PositiveInfinity;
        for (int level = Math.Max(near - 1, 0); level <= Math.Min(near + 1, 15); level++)
        {
            float scale = d * ((2 * level) + 1);
            FindAll(x, w, scale, entries);
            (float products, float squares) = Sums(x, w, entries);
            float error = scale * ((scale * squares) - (2 * products));
            if (error < least)
            {
                (least, best) = (error, level);
            }
        }

        FindAll(x, w, d * ((2 * best) + 1), entries);
        return best;
    }

    /// <summary>The d of least squared error.</summary>
    private float Fit(Span<float> x, Span<float> w, GridCode code)
    {
        float products = 0;
        float squares = 0;
        for (int i = 0; i < Length / _group; i++)
        {
            (float product, float square) = Sums(Part(x, i), Part(w, i), Part(code.Entries, i));
            int scale = (2 * code.Scales[i]) + 1;
            products += scale * product;
            squares += scale * scale * square;
        }

        return products > 0 ? products / squares : 0;
    }

    private void FindAll(ReadOnlySpan<float> x, ReadOnlySpan<float> w, float scale, Span<ushort> entries)
    {
        int length = _grid.Length;
        for (int i = 0; i < entries.Length; i++)
        {
            entries[i] = (ushort)_grid.Find(x.Slice(i * length, length), w.Slice(i * length, length), scale, _values, 1, 2);
        }
    }

    /// <summary>Σ w·x·value and Σ w·value².</summary>
    private (float Products, float Squares) Sums(ReadOnlySpan<float> x, ReadOnlySpan<float> w, ReadOnlySpan<ushort> entries)
    {
        int length = _grid.Length;
        float products = 0;
        float squares = 0;
        for (int i = 0; i < entries.Length; i++)
        {
            ReadOnlySpan<float> values = _values.AsSpan(entries[i] * length, length);
            for (int j = 0; j < length; j++)
            {
                float weighted = w[(i * length) + j] * values[j];
                products += weighted * x[(i * length) + j];
                squares += weighted * values[j];
            }
        }

        return (products, squares);
    }
}
