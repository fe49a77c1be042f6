using System.Text;

namespace Winnow.Generation;

/// <summary>
/// Finds stop strings in text that arrives in pieces, and holds back just the text that may turn out to begin one.
/// </summary>
/// <remarks>
/// The stop string that is complete first ends the text, however the pieces fall; of several complete at the same character,
/// the longest. Characters are compared ordinally. One Knuth-Morris-Pratt automaton a stop string: the time is linear in the
/// text, and what an automaton has matched is exactly what must be held back.
/// </remarks>
internal sealed class StopMatcher
{
    private readonly string[] stops;
    private readonly int[][] fallbacks;
    private readonly int[] matched;
    private readonly StringBuilder held = new();

    /// <summary>Creates a matcher.</summary>
    /// <param name="stops">The stop strings; none may be empty.</param>
    /// <exception cref="ArgumentException">A stop string is empty.</exception>
    public StopMatcher(IReadOnlyList<string> stops)
    {
        this.stops = [.. stops];
        foreach (string stop in this.stops)
        {
            if (string.IsNullOrEmpty(stop))
            {
                throw new ArgumentException("a stop string must not be empty", nameof(stops));
            }
        }

        fallbacks = [.. this.stops.Select(Fallbacks)];
        matched = new int[this.stops.Length];
    }

    /// <summary>The stop string that ended the text; null while none has.</summary>
    public string? Stop { get; private set; }

    /// <summary>Takes the next piece of text.</summary>
    /// <param name="piece">The text.</param>
    /// <returns>Text that no stop string can reach any more; after a stop, what stood before it, then nothing.</returns>
    public string Push(string piece)
    {
        if (Stop is not null)
        {
            return "";
        }

        for (int i = 0; i < piece.Length; i++)
        {
            if (Advance(piece[i]) is { } stop)
            {
                Stop = stop;
                held.Append(piece, 0, i + 1);
                return Release(held.Length - stop.Length, drop: true);
            }
        }

        int open = 0;
        foreach (int length in matched)
        {
            open = Math.Max(open, length);
        }

        if (open == 0 && held.Length == 0)
        {
            return piece;
        }

        held.Append(piece);
        return Release(held.Length - open, drop: false);
    }

    /// <summary>Ends the text.</summary>
    /// <returns>The text that was held back: no stop string came of it.</returns>
    public string Flush()
    {
        string rest = Release(held.Length, drop: true);
        Array.Clear(matched);
        return rest;
    }

    /// <summary>Feeds a character to every automaton; returns the longest stop string that it completes.</summary>
    private string? Advance(char character)
    {
        string? completed = null;
        for (int s = 0; s < stops.Length; s++)
        {
            string stop = stops[s];
            int length = matched[s];
            while (length > 0 && stop[length] != character)
            {
                length = fallbacks[s][length - 1];
            }

            matched[s] = stop[length] == character ? length + 1 : 0;
            if (matched[s] == stop.Length && stop.Length > (completed?.Length ?? 0))
            {
                completed = stop;
            }
        }

        return completed;
    }

    private string Release(int length, bool drop)
    {
        string text = length == 0 ? "" : held.ToString(0, length);
        held.Remove(0, drop ? held.Length : length);
        return text;
    }

    /// <summary>For each prefix of a stop string, the length of the longest shorter prefix that also ends it.</summary>
    private static int[] Fallbacks(string stop)
    {
        int[] result = new int[stop.Length];
        int length = 0;
        for (int i = 1; i < stop.Length; i++)
        {
            while (length > 0 && stop[length] != stop[i])
            {
                length = result[length - 1];
            }

            length += stop[length] == stop[i] ? 1 : 0;
            result[i] = length;
        }

        return result;
    }
}
