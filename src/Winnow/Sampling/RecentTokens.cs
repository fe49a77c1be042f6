namespace Winnow.Sampling;

/// <summary>The last tokens of a text, up to a number of them.</summary>
internal sealed class RecentTokens
{
    private readonly int[] ring;
    private int next;

    public RecentTokens(int capacity) => ring = new int[capacity];

    /// <summary>How many tokens are remembered at most.</summary>
    public int Capacity => ring.Length;

    /// <summary>How many tokens are remembered.</summary>
    public int Count { get; private set; }

    /// <summary>A token counted from the end: 0 is the latest.</summary>
    public int this[int age] => ring[age < next ? next - 1 - age : next - 1 - age + ring.Length];

    /// <summary>Adds a token.</summary>
    /// <param name="token">The token's id.</param>
    /// <param name="forgotten">The token that it pushed out.</param>
    /// <returns>Whether a token was pushed out.</returns>
    public bool Push(int token, out int forgotten)
    {
        forgotten = ring[next];
        ring[next] = token;
        next = (next + 1) % ring.Length;
        bool wasFull = Count == ring.Length;
        Count += wasFull ? 0 : 1;
        return wasFull;
    }

    /// <summary>Forgets every token.</summary>
    public void Clear()
    {
        next = 0;
        Count = 0;
    }
}
