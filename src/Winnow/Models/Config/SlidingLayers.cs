namespace Winnow.Models.Config;

/// <summary>Which layers attend inside a sliding window.</summary>
internal static class SlidingLayers
{
    /// <summary>All but the last of each <paramref name="interval"/> layers; all where it is 0.</summary>
    public static bool[] Every(int interval, int count)
    {
        bool[] slides = new bool[count];
        for (int i = 0; i < count; i++)
        {
            slides[i] = interval <= 0 || (i + 1) % interval != 0;
        }

        return slides;
    }
}
