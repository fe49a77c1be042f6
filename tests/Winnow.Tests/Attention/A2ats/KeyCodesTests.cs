using Winnow.Compute.Host.Selection;

namespace Winnow.Tests.Attention.A2ats;

public class KeyCodesTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Counts_follow_any_sequence_of_appends_truncations_and_ranges(int seed)
    {
        const int Centroids = 9;
        Random random = new(seed);
        KeyCodes codes = new(Centroids);
        List<ushort> expected = [];
        for (int step = 0; step < 500; step++)
        {
            if (random.Next(3) == 0)
            {
                int length = random.Next(expected.Count + 1);
                codes.Truncate(length);
                expected.RemoveRange(length, expected.Count - length);
            }

            ushort[] added = [.. Enumerable.Range(0, random.Next(60)).Select(_ => (ushort)random.Next(Centroids))];

            // Appending at an earlier position gives up what follows it.
            int position = random.Next(4) == 0 ? random.Next(expected.Count + 1) : expected.Count;
            expected.RemoveRange(position, expected.Count - position);
            added.CopyTo(codes.Append(position, added.Length));
            expected.AddRange(added);
            Assert.Equal(expected, codes.Codes.ToArray());
            int first = random.Next(3) == 0 ? random.Next(4) : 2;
            int end = Math.Max(first, expected.Count - random.Next(10));
            if (end <= expected.Count)
            {
                codes.CountFar(first, end);
                Assert.Equal(
                    Enumerable.Range(0, Centroids).Select(c => expected[first..end].Count(code => code == c)),
                    codes.Counts.ToArray());
            }
        }
    }
}
