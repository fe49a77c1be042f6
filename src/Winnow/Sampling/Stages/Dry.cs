using System.Runtime.InteropServices;

namespace Winnow.Sampling.Stages;

/// <summary>
/// DRY ("don't repeat yourself"): a token that would continue a sequence which already stands in the recent past is
/// penalized, exponentially in the length of that sequence. Described in text-generation-webui's pull request 5677.
/// </summary>
internal sealed class Dry
{
    private readonly float multiplier;
    private readonly float penaltyBase;
    private readonly int allowedLength;
    private readonly DrySequenceBreakers breakers;
    private readonly RecentTokens recent;
    private readonly int[] reversed;
    private readonly int[] matchLengths;
    private readonly Dictionary<int, int> longest;
    private readonly int maxExponent;

    public Dry(float multiplier, float penaltyBase, int allowedLength, int lastN, DrySequenceBreakers breakers)
    {
        this.multiplier = multiplier;
        this.penaltyBase = penaltyBase;
        this.allowedLength = allowedLength;
        this.breakers = breakers;
        recent = new RecentTokens(multiplier == 0 ? 0 : lastN);
        reversed = new int[recent.Capacity];
        matchLengths = new int[recent.Capacity];
        longest = new Dictionary<int, int>(recent.Capacity);
        maxExponent = penaltyBase > 1 ? (int)Math.Min(int.MaxValue, MathF.Log(float.MaxValue) / MathF.Log(penaltyBase)) : 0;
    }

    /// <summary>Whether repetition is penalized.</summary>
    public bool IsEnabled => recent.Capacity > 0;

    /// <summary>Takes note of a token.</summary>
    public void Accept(int token)
    {
        if (recent.Capacity > 0)
        {
            recent.Push(token, out _);
        }
    }

    /// <summary>Lowers the logits of tokens that would continue a repetition.</summary>
    /// <param name="logits">Logits, [vocabulary].</param>
    public void Apply(Span<float> logits)
    {
        int count = recent.Count;
        if (count <= allowedLength)
        {
            return;
        }

        Span<int> past = reversed.AsSpan(0, count);
        for (int i = 0; i < count; i++)
        {
            past[i] = recent[i];
        }

        int limit = breakers.DistanceToLastBreaker(past);
        if (limit < allowedLength)
        {
            return;
        }

        Span<int> lengths = matchLengths.AsSpan(0, count);
        MatchPrefixes(past, lengths);
        longest.Clear();
        for (int i = 1; i < count; i++)
        {
            // The last tokens also stand i tokens earlier; what came after them then is the token in question.
            int length = Math.Min(lengths[i], limit);
            int token = past[i - 1];
            if (length >= allowedLength && token < logits.Length && !breakers.IsBreaker(token))
            {
                ref int best = ref CollectionsMarshal.GetValueRefOrAddDefault(longest, token, out _);
                best = Math.Max(best, length);
            }
        }

        foreach ((int token, int length) in longest)
        {
            int exponent = length - allowedLength;
            exponent = maxExponent > 0 ? Math.Min(exponent, maxExponent) : exponent;
            logits[token] -= multiplier * MathF.Pow(penaltyBase, exponent);
        }
    }

    /// <summary>Forgets every token.</summary>
    public void Reset() => recent.Clear();

    /// <summary>
    /// The Z function: at each i, how many elements from i on equal those from the start on. Linear in the length.
    /// </summary>
    private static void MatchPrefixes(ReadOnlySpan<int> sequence, Span<int> lengths)
    {
        lengths[0] = sequence.Length;
        int boxStart = 0;
        int boxEnd = 0;
        for (int i = 1; i < sequence.Length; i++)
        {
            int length = i < boxEnd ? Math.Min(boxEnd - i, lengths[i - boxStart]) : 0;
            while (i + length < sequence.Length && sequence[length] == sequence[i + length])
            {
                length++;
            }

            lengths[i] = length;
            if (i + length > boxEnd)
            {
                boxStart = i;
                boxEnd = i + length;
            }
        }
    }
}
