using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Winnow.Quantization.Encoding;

/// <summary>Finds the entry of a grid that lies nearest to a few weights.</summary>
/// <remarks>
/// Weights are rounded to levels, each by itself. Where the grid has no entry of these levels, the few entries that lie nearest to that
/// point are compared by their weighted error; they are listed once for each point.
/// </remarks>
internal sealed class GridSearch
{
    private readonly int _bits;
    private readonly int _last;
    private readonly byte[] _levels;
    private readonly int[] _starts;
    private readonly ushort[] _lists;

    /// <summary>Lists the neighbours of every point.</summary>
    /// <param name="packed">The levels of each entry, the first lowest.</param>
    /// <param name="length">Weights of an entry: 4 or 8.</param>
    /// <param name="levels">How many levels there are: 3 or 8.</param>
    /// <param name="distances">Entries at so many different distances from a point are its neighbours.</param>
    public GridSearch(ReadOnlySpan<ushort> packed, int length, int levels, int distances)
    {
        Length = length;
        Entries = packed.Length;
        _bits = levels == 3 ? 2 : 3;
        _last = levels - 1;
        _levels = new byte[Entries * length];
        for (int i = 0; i < _levels.Length; i++)
        {
            _levels[i] = (byte)((packed[i / length] >> (_bits * (i % length))) & ((1 << _bits) - 1));
        }

        _starts = new int[1 << (_bits * length)];
        List<ushort>[] lists = new List<ushort>[_starts.Length];
        Parallel.For(0, _starts.Length, point => lists[point] = Neighbours(point, distances));
        List<ushort> all = [];
        for (int point = 0; point < lists.Length; point++)
        {
            _starts[point] = all.Count;
            all.Add((ushort)lists[point].Count);
            all.AddRange(lists[point]);
        }

        _lists = [.. all];
    }

    /// <summary>Weights of an entry.</summary>
    public int Length { get; }

    /// <summary>How many entries there are.</summary>
    public int Entries { get; }

    /// <summary>What the levels of each entry mean: [entries, length].</summary>
    /// <param name="meanings">The value of each level, ascending.</param>
    public float[] Values(ReadOnlySpan<float> meanings)
    {
        float[] values = new float[_levels.Length];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = meanings[_levels[i]];
        }

        return values;
    }

    /// <summary>The entry of least Σ w·(x − scale·value)².</summary>
    /// <param name="x">Weights, [length].</param>
    /// <param name="w">What their errors count, [length].</param>
    /// <param name="scale">Above 0.</param>
    /// <param name="values">The meanings of entries.</param>
    /// <param name="first">The meaning of level 0.</param>
    /// <param name="step">From one level to the next, about.</param>
    public int Find(ReadOnlySpan<float> x, ReadOnlySpan<float> w, float scale, float[] values, float first, float step)
    {
        float inverse = 1 / (scale * step);
        float offset = first / step;
        return Length == 8
            ? Find8(Vector256.Create(x), Vector256.Create(w), scale, values, inverse, offset)
            : Find4(Vector128.Create(x), Vector128.Create(w), scale, values, inverse, offset);
    }

    private int Find8(Vector256<float> x, Vector256<float> w, float scale, float[] values, float inverse, float offset)
    {
        Vector256<float> level = Vector256.Round((x * inverse) - Vector256.Create(offset));
        level = Vector256.MinNative(Vector256.MaxNative(level, Vector256<float>.Zero), Vector256.Create((float)_last));
        int point = Vector256.Sum(Vector256.ConvertToInt32(level) * Vector256.Create(1, 1 << 2, 1 << 4, 1 << 6, 1 << 8, 1 << 10, 1 << 12, 1 << 14));
        ReadOnlySpan<ushort> list = List(point);
        int best = list[0];
        if (list.Length > 1)
        {
            float least = float.PositiveInfinity;
            ref Vector256<float> entries = ref Unsafe.As<float, Vector256<float>>(ref MemoryMarshal.GetArrayDataReference(values));
            foreach (ushort entry in list)
            {
                Vector256<float> difference = x - (Unsafe.Add(ref entries, entry) * scale);
                float error = Vector256.Sum(w * difference * difference);
                if (error < least)
                {
                    (least, best) = (error, entry);
                }
            }
        }

        return best;
    }

    private int Find4(Vector128<float> x, Vector128<float> w, float scale, float[] values, float inverse, float offset)
    {
        Vector128<float> level = Vector128.Round((x * inverse) - Vector128.Create(offset));
        level = Vector128.MinNative(Vector128.MaxNative(level, Vector128<float>.Zero), Vector128.Create((float)_last));
        int point = Vector128.Sum(Vector128.ConvertToInt32(level) * Vector128.Create(1, 1 << 3, 1 << 6, 1 << 9));
        ReadOnlySpan<ushort> list = List(point);
        int best = list[0];
        if (list.Length > 1)
        {
            float least = float.PositiveInfinity;
            ref Vector128<float> entries = ref Unsafe.As<float, Vector128<float>>(ref MemoryMarshal.GetArrayDataReference(values));
            foreach (ushort entry in list)
            {
                Vector128<float> difference = x - (Unsafe.Add(ref entries, entry) * scale);
                float error = Vector128.Sum(w * difference * difference);
                if (error < least)
                {
                    (least, best) = (error, entry);
                }
            }
        }

        return best;
    }

    private ReadOnlySpan<ushort> List(int point)
    {
        int start = _starts[point];
        return _lists.AsSpan(start + 1, _lists[start]);
    }

    /// <summary>The entry at a point, or else those at the smallest distances from it.</summary>
    private List<ushort> Neighbours(int point, int distances)
    {
        Span<int> levels = stackalloc int[8];
        for (int i = 0; i < Length; i++)
        {
            levels[i] = (point >> (_bits * i)) & ((1 << _bits) - 1);
            if (levels[i] > _last)
            {
                return [];
            }
        }

        int most = Length * _last * _last;
        Span<int> counts = stackalloc int[most + 1];
        counts.Clear();
        for (int entry = 0; entry < Entries; entry++)
        {
            counts[Distance(entry, levels)]++;
        }

        int bound = 0;
        for (int found = counts[0] > 0 ? distances : 0; found < distances && bound < most;)
        {
            bound++;
            found += counts[bound] > 0 ? 1 : 0;
        }

        List<ushort> list = [];
        for (int entry = 0; entry < Entries; entry++)
        {
            if (Distance(entry, levels) <= bound)
            {
                list.Add((ushort)entry);
            }
        }

        return list;
    }

    private int Distance(int entry, ReadOnlySpan<int> levels)
    {
        int sum = 0;
        for (int i = 0; i < Length; i++)
        {
            int difference = _levels[(entry * Length) + i] - levels[i];
            sum += difference * difference;
        }

        return sum;
    }
}
