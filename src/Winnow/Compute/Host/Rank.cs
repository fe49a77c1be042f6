namespace Winnow.Compute.Host;

/// <summary>
/// A logit and an index in one integer whose order is the order of preference: the greater logit first, the lower index on
/// ties. One comparison then decides, and sorting needs neither a comparer nor an allocation.
/// </summary>
internal static class Rank
{
    /// <summary>The rank of a logit at an index; a greater rank is better.</summary>
    public static ulong Of(float logit, int index)
    {
        // Adding +0 makes -0 and +0 equal, as they are as numbers.
        return ((ulong)Ascending(logit + 0f) << 32) | ~(uint)index;
    }

    /// <summary>The index that a rank was made of.</summary>
    public static int Index(ulong rank) => (int)~(uint)rank;

    /// <summary>The logit that a rank was made of.</summary>
    public static float Logit(ulong rank)
    {
        uint bits = (uint)(rank >> 32);
        return BitConverter.UInt32BitsToSingle((bits & 0x80000000) != 0 ? bits ^ 0x80000000 : ~bits);
    }

    private static uint Ascending(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return (bits & 0x80000000) != 0 ? ~bits : bits | 0x80000000;
    }
}
