namespace Winnow.Cli.Help;

/// <summary>What somebody who mistyped a word may have meant.</summary>
internal static class Suggestion
{
    /// <summary>The nearest of the words that are close enough; null where none is.</summary>
    public static string? For(string typed, IEnumerable<string> words)
    {
        string word = typed.ToLowerInvariant();
        (string Word, int Distance)? best = null;
        foreach (string candidate in words)
        {
            int distance = candidate.StartsWith(word, StringComparison.Ordinal) && word.TrimStart('-').Length >= 3 ? 1 : Distance(word, candidate);
            if (distance <= 1 + (Math.Min(word.Length, candidate.Length) / 4) && distance < candidate.TrimStart('-').Length && (best is null || distance < best.Value.Distance))
            {
                best = (candidate, distance);
            }
        }

        return best?.Word;
    }

    /// <summary>Letters to insert, remove, replace or exchange with their neighbour (optimal string alignment).</summary>
    private static int Distance(string a, string b)
    {
        int[,] distance = new int[a.Length + 1, b.Length + 1];
        for (int i = 0; i <= a.Length; i++)
        {
            for (int j = 0; j <= b.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    distance[i, j] = i + j;
                    continue;
                }

                int replaced = distance[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                distance[i, j] = Math.Min(replaced, Math.Min(distance[i - 1, j], distance[i, j - 1]) + 1);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    distance[i, j] = Math.Min(distance[i, j], distance[i - 2, j - 2] + 1);
                }
            }
        }

        return distance[a.Length, b.Length];
    }
}
