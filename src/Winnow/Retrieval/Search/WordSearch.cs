using System.Text;
using Winnow.Retrieval.Lexical;
using Winnow.Retrieval.Storage;

namespace Winnow.Retrieval.Search;

/// <summary>Lexical search over the units of an index (<see cref="Bm25"/>): finds the rare strings that features describe badly.</summary>
internal static class WordSearch
{
    /// <summary>A unit that was found grows to the end of its paragraph, up to so many tokens.</summary>
    private const int LongestSpan = 96;

    private const int MaxMisses = 32;

    /// <summary>The score of each unit.</summary>
    /// <param name="state">The index.</param>
    /// <param name="question">Its words are looked for, each once.</param>
    /// <exception cref="Formats.ModelFormatException">A list of the index is damaged.</exception>
    public static float[] Score(IndexState state, string question)
    {
        float[] scores = new float[state.Units];
        double meanLength = Math.Max(1, (double)state.Words / Math.Max(1, state.Units));
        foreach (byte[] word in Distinct(question))
        {
            long unitsWithWord = 0;
            foreach (BlockPosition position in state.Blocks)
            {
                position.Block.WordPostings(word, out int units);
                unitsWithWord += units;
            }

            double weight = Bm25.InverseDocumentFrequency(state.Units, unitsWithWord);
            foreach (BlockPosition position in state.Blocks)
            {
                ReadOnlySpan<byte> list = position.Block.WordPostings(word, out _);
                Add(state, position, list, weight, meanLength, scores);
            }
        }

        return scores;
    }

    /// <summary>Takes the best units until the allowance is used.</summary>
    public static void Take(IndexState state, float[] scores, EvidenceSelection selection, int allowed)
    {
        int[] units = [.. Enumerable.Range(0, scores.Length).Where(unit => scores[unit] > 0).OrderByDescending(unit => scores[unit])];
        int misses = 0;
        foreach (int unit in units)
        {
            if (allowed <= 0 || misses == MaxMisses)
            {
                return;
            }

            int end = unit + 1;
            while (end < state.Units && !state.BeginsParagraph[end] && state.UnitDocuments[end] == state.UnitDocuments[unit]
                && state.TokensOf(unit, end + 1) <= LongestSpan)
            {
                end++;
            }

            float score = scores[unit] / scores[units[0]];
            int? cost = selection.TryTake(unit, end, EvidenceSource.Words, score, allowed)
                ?? selection.TryTake(unit, unit + 1, EvidenceSource.Words, score, allowed);
            misses += cost is null ? 1 : 0;
            allowed -= cost ?? 0;
        }
    }

    private static List<byte[]> Distinct(string question)
    {
        HashSet<string> seen = new(StringComparer.Ordinal);
        List<byte[]> words = [];
        Words.Visit(question, word =>
        {
            string text = word.ToString();
            if (seen.Add(text))
            {
                words.Add(Encoding.UTF8.GetBytes(text));
            }
        });
        return words;
    }

    private static void Add(IndexState state, BlockPosition position, ReadOnlySpan<byte> list, double weight, double meanLength, float[] scores)
    {
        int unit = -1;
        while (!list.IsEmpty)
        {
            unit = list.Length >= 2 && (list[0] != byte.MaxValue || list.Length >= 4) ? PostingList.Read(ref list, unit) : int.MaxValue;
            // A first distance of 0 names the sentence before the block.
            if ((uint)unit >= (uint)position.Block.Units)
            {
                throw position.Block.Damaged("the list of a word names a sentence that does not exist");
            }

            int occurrences = list[0];
            list = list[1..];
            int number = position.FirstUnit + unit;
            scores[number] += (float)(weight * Bm25.Saturation(occurrences, state.UnitWords[number], meanLength));
        }
    }
}
