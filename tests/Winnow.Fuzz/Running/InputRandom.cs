using System.Numerics;

namespace Winnow.Fuzz.Running;

/// <summary>The numbers that make one input: they follow from a seed and the input's number alone, so that any input can be made again by itself.</summary>
/// <remarks>SplitMix64: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014.</remarks>
internal sealed class InputRandom
{
    private ulong _state;

    /// <param name="seed">Chooses the run.</param>
    /// <param name="number">Chooses the input.</param>
    public InputRandom(ulong seed, long number)
    {
        _state = seed;
        _state = NextUInt64() ^ (ulong)number;
    }

    /// <summary>64 random bits.</summary>
    public ulong NextUInt64()
    {
        _state += 0x9E3779B97F4A7C15;
        ulong z = _state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>A number from 0 to one less than <paramref name="end"/>, which is at least 1.</summary>
    public int Next(int end) => (int)(((UInt128)NextUInt64() * (ulong)end) >> 64);

    /// <summary>A number from <paramref name="first"/> to one less than <paramref name="end"/>.</summary>
    public int Next(int first, int end) => first + Next(end - first);

    /// <summary>True once in so many times.</summary>
    public bool OneIn(int count) => Next(count) == 0;

    /// <summary>One of several.</summary>
    public T Pick<T>(IReadOnlyList<T> items) => items[Next(items.Count)];

    /// <summary>A count that is small mostly: 1 half of the time, 2 a quarter of it, and so on.</summary>
    /// <param name="most">The largest.</param>
    public int Few(int most) => Math.Min(1 + BitOperations.TrailingZeroCount(NextUInt64()), most);
}
