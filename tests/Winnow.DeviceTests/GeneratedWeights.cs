using System.Text;

namespace Winnow.DeviceTests;

/// <summary>
/// Weights that tests and scripts make alike, bit by bit; <c>tests/References/generator.py</c> is the twin. Element i of a tensor is
/// mean + spread · u, where u in [-1, 1) are the upper 24 bits of splitmix64, counted from a hash of the model's and the tensor's name.
/// </summary>
internal static class GeneratedWeights
{
    /// <summary>Fills a tensor.</summary>
    public static void Fill(Span<float> values, string model, string tensor, double mean, double spread)
    {
        ulong seed = Seed($"{model}/{tensor}");
        for (int i = 0; i < values.Length; i++)
        {
            long bits = (long)(Next(seed, (ulong)i + 1) >> 40);
            double scaled = spread * ((bits - (1L << 23)) / (double)(1L << 23));
            values[i] = (float)(mean + scaled);
        }
    }

    /// <summary>Fills bytes, eight of a step, the lowest first.</summary>
    public static void Fill(Span<byte> bytes, string text)
    {
        ulong seed = Seed(text);
        for (int i = 0; i < bytes.Length; i++)
        {
            bytes[i] = (byte)(Next(seed, ((ulong)i / 8) + 1) >> (8 * (i % 8)));
        }
    }

    /// <summary>FNV-1a, 64 bits, of the text in UTF-8.</summary>
    public static ulong Seed(string text) =>
        Encoding.UTF8.GetBytes(text).Aggregate(0xCBF29CE484222325UL, (hash, value) => unchecked((hash ^ value) * 0x100000001B3UL));

    /// <summary>The output of splitmix64 after that many steps.</summary>
    private static ulong Next(ulong seed, ulong step)
    {
        unchecked
        {
            ulong z = seed + (step * 0x9E3779B97F4A7C15UL);
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
            return z ^ (z >> 31);
        }
    }
}
