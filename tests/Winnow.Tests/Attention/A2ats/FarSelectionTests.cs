using Winnow.Compute.Host.Selection;
using Winnow.Tests.InstructionSets;

namespace Winnow.Tests.Attention.A2ats;

[EveryInstructionSet]
public class FarSelectionTests
{
    /// <summary>The definition: sort all tokens of each head by score, newest first among equal ones, take the first, unite.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Rows_are_the_union_of_what_each_head_ranks_first(int seed)
    {
        Random random = new(seed);
        FarSelection selection = new();
        for (int round = 0; round < 200; round++)
        {
            int centroids = random.Next(1, 40);
            int first = random.Next(5);
            int end = first + random.Next(1, 300);
            ushort[] codes = [.. Enumerable.Range(0, end + 20).Select(_ => (ushort)random.Next(centroids))];
            int budget = random.Next(end - first + 3);
            KeyCodes keyCodes = new(centroids);
            codes.CopyTo(keyCodes.Append(0, codes.Length));
            keyCodes.CountFar(first, end);
            SortedSet<int> expected = [];
            selection.Begin(centroids);
            for (int head = 0; head < 3; head++)
            {
                // Few different values, so that centroids share scores too.
                float[] scores = [.. Enumerable.Range(0, centroids).Select(_ => random.Next(3) == 0 ? random.NextSingle() : random.Next(-4, 5))];
                selection.Add(scores, keyCodes.Codes, keyCodes.Counts, first, end, budget);
                expected.UnionWith(Enumerable.Range(first, end - first).OrderByDescending(j => scores[codes[j]]).ThenByDescending(j => j).Take(budget));
            }

            int[] rows = new int[end - first];
            int count = selection.Write(keyCodes.Codes, first, end, rows);
            Assert.True(expected.SequenceEqual(rows[..count]), $"seed {seed}, round {round}: [{string.Join(' ', rows[..count])}] instead of [{string.Join(' ', expected)}]");
            Assert.True(count <= 3 * budget);
        }
    }

    /// <summary>Whatever codes there are, and wherever they came from: the choice looks at no memory but its own.</summary>
    [Fact]
    public void Codes_of_no_centroid_are_never_chosen()
    {
        FarSelection selection = new();
        ushort[] codes = [.. Enumerable.Range(0, 20_000).Select(i => i % 100 == 0 ? (ushort)1 : (ushort)(65_535 - (i * 7 % 60_000)))];
        selection.Begin(4);
        selection.Add([0, 3, 1, 2], codes, [0, 200, 0, 0], 0, codes.Length, 200);
        int[] rows = new int[codes.Length];
        int count = selection.Write(codes, 0, codes.Length, rows);
        Assert.Equal(Enumerable.Range(0, 200).Select(i => 100 * i), rows[..count]);
    }

    [Fact]
    public void Scores_that_are_no_numbers_choose_something_and_do_no_harm()
    {
        FarSelection selection = new();
        KeyCodes codes = new(2);
        codes.Append(0, 10).Clear();
        codes.CountFar(0, 10);
        selection.Begin(2);
        selection.Add([float.NaN, float.NaN], codes.Codes, codes.Counts, 0, 10, 3);
        Assert.InRange(selection.Write(codes.Codes, 0, 10, new int[10]), 0, 10);
    }
}
