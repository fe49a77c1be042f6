using System.Text;

namespace Winnow.Sampling;

/// <summary>
/// The token sequences at which DRY stops looking for repetitions, made once per vocabulary from strings such as a newline.
/// Immutable and safe to share.
/// </summary>
internal sealed class DrySequenceBreakers
{
    /// <summary>Longer tails are cut: looking for breakers stays linear in the context.</summary>
    private const int MaxTailTokens = 20;

    private readonly Dictionary<int, List<int[]>> tails;

    private DrySequenceBreakers(Dictionary<int, List<int[]>> tails) => this.tails = tails;

    /// <summary>No breakers: a repetition may span anything.</summary>
    public static DrySequenceBreakers None { get; } = new([]);

    /// <summary>Finds the tokens, and sequences of tokens, of a vocabulary that hold one of some strings.</summary>
    /// <param name="breakers">The strings; none may be empty.</param>
    /// <param name="vocabularySize">The number of tokens.</param>
    /// <param name="tokenBytes">The UTF-8 bytes that a token stands for; they need not be whole characters.</param>
    /// <param name="tokenize">Turns the end of a breaker into ids, with no tokens added around it.</param>
    /// <exception cref="ArgumentException">A breaker is empty.</exception>
    public static DrySequenceBreakers Create(
        IEnumerable<string> breakers,
        int vocabularySize,
        Func<int, byte[]> tokenBytes,
        Func<string, IReadOnlyList<int>> tokenize)
    {
        ArgumentNullException.ThrowIfNull(breakers);
        ArgumentNullException.ThrowIfNull(tokenBytes);
        ArgumentNullException.ThrowIfNull(tokenize);
        byte[][] texts = [.. breakers.Select(Encode)];
        int[]?[][] tailTokens = [.. texts.Select(text => TailTokens(text, tokenize))];
        Dictionary<int, List<int[]>> tails = [];
        for (int token = 0; token < vocabularySize; token++)
        {
            byte[] piece = tokenBytes(token);
            for (int i = 0; i < texts.Length; i++)
            {
                AddTails(tails, token, piece, texts[i], tailTokens[i]);
            }
        }

        return new DrySequenceBreakers(tails);
    }

    /// <summary>Whether a token holds a whole breaker.</summary>
    internal bool IsBreaker(int token)
    {
        return tails.TryGetValue(token, out List<int[]>? sequences) && sequences.Exists(static tail => tail.Length == 0);
    }

    /// <summary>How many tokens stand after the last breaker.</summary>
    /// <param name="past">The tokens, the latest first.</param>
    internal int DistanceToLastBreaker(ReadOnlySpan<int> past)
    {
        for (int head = 0; head < past.Length; head++)
        {
            if (!tails.TryGetValue(past[head], out List<int[]>? sequences))
            {
                continue;
            }

            int longest = -1;
            foreach (int[] tail in sequences)
            {
                if (tail.Length > longest && Follows(past, head, tail))
                {
                    longest = tail.Length;
                }
            }

            if (longest >= 0)
            {
                return head - longest;
            }
        }

        return past.Length;
    }

    private static bool Follows(ReadOnlySpan<int> past, int head, int[] tail)
    {
        if (tail.Length > head)
        {
            return false;
        }

        for (int i = 0; i < tail.Length; i++)
        {
            if (past[head - 1 - i] != tail[i])
            {
                return false;
            }
        }

        return true;
    }

    private static byte[] Encode(string breaker)
    {
        ArgumentException.ThrowIfNullOrEmpty(breaker);
        return Encoding.UTF8.GetBytes(breaker);
    }

    /// <summary>
    /// The tokens of what remains of a breaker after each number of bytes; null where that is not whole characters.
    /// </summary>
    private static int[]?[] TailTokens(byte[] breaker, Func<string, IReadOnlyList<int>> tokenize)
    {
        int[]?[] result = new int[]?[breaker.Length];
        for (int start = 1; start < breaker.Length; start++)
        {
            bool isCharacterStart = (breaker[start] & 0xC0) != 0x80;
            result[start] = isCharacterStart
                ? [.. tokenize(Encoding.UTF8.GetString(breaker.AsSpan(start))).Take(MaxTailTokens)]
                : null;
        }

        return result;
    }

    private static void AddTails(Dictionary<int, List<int[]>> tails, int token, byte[] piece, byte[] breaker, int[]?[] tailTokens)
    {
        if (piece.AsSpan().IndexOf(breaker) >= 0)
        {
            Add(tails, token, []);
            return;
        }

        // The end of the token is the beginning of the breaker, whose rest must follow.
        for (int overlap = 1; overlap <= Math.Min(piece.Length, breaker.Length - 1); overlap++)
        {
            if (tailTokens[overlap] is { } tail && piece.AsSpan(piece.Length - overlap).SequenceEqual(breaker.AsSpan(0, overlap)))
            {
                Add(tails, token, tail);
            }
        }
    }

    private static void Add(Dictionary<int, List<int[]>> tails, int token, int[] tail)
    {
        if (!tails.TryGetValue(token, out List<int[]>? sequences))
        {
            tails.Add(token, sequences = []);
        }

        if (!sequences.Exists(known => known.AsSpan().SequenceEqual(tail)))
        {
            sequences.Add(tail);
        }
    }
}
