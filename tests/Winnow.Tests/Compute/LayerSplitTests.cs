using Winnow.Compute;

namespace Winnow.Tests.Compute;

/// <summary>Layers of 10 bytes, the last with an output head of 25.</summary>
public sealed class LayerSplitTests
{
    private const int Layers = 12;

    [Theory]
    [InlineData(new long[] { 500 }, new[] { 12 })]
    [InlineData(new long[] { 500, 500 }, new[] { 7, 5 })]
    [InlineData(new long[] { 250, 750 }, new[] { 3, 9 })]
    [InlineData(new long[] { 500, 500, 500 }, new[] { 5, 5, 2 })]
    [InlineData(new long[] { 500, 0 }, new[] { 12, 0 })]
    [InlineData(new long[] { -5, 500 }, new[] { 0, 12 })]
    public void Devices_are_full_to_the_same_part(long[] room, int[] counts) => Assert.Equal(counts, LayerSplit.Split(0, Layers, room, Cost));

    [Fact]
    public void Layers_before_the_first_are_not_counted() => Assert.Equal([3, 1], LayerSplit.Split(8, Layers, [100, 100], Cost));

    [Fact]
    public void More_than_there_is_room_for_is_shared_as_evenly() => Assert.Equal([7, 5], LayerSplit.Split(0, Layers, [5, 5], Cost));

    [Fact]
    public void No_layer_is_left_over_however_numbers_round()
    {
        Random random = new(5);
        for (int round = 0; round < 2000; round++)
        {
            long bytes = random.NextInt64(1, 1L << 32);
            long[] room = [random.NextInt64(-100, 1L << 36), random.NextInt64(-100, 1L << 36)];
            Assert.Equal(16, LayerSplit.Split(0, 16, room, (first, end) => (end - first) * bytes).Sum());
            Assert.Equal([16], LayerSplit.Split(0, 16, room.AsSpan(0, 1), (first, end) => (end - first) * bytes));
        }
    }

    /// <summary>A file may claim thousands of layers: each is not asked for again and again.</summary>
    [Fact]
    public void Many_layers_are_split_with_few_questions()
    {
        int questions = 0;
        int[] counts = LayerSplit.Split(0, 4096, [1000, 3000], (first, end) =>
        {
            questions++;
            return end - first;
        });
        Assert.Equal([1024, 3072], counts);
        Assert.InRange(questions, 1, 4096);
    }

    /// <summary>Against all splits there are.</summary>
    [Fact]
    public void No_split_is_more_even()
    {
        Random random = new(3);
        for (int round = 0; round < 200; round++)
        {
            long[] bytes = [.. Enumerable.Range(0, 8).Select(_ => (long)random.Next(1, 100))];
            long[] room = [random.Next(1, 500), random.Next(1, 500), random.Next(1, 500)];
            double best = double.MaxValue;
            for (int a = 0; a <= 8; a++)
            {
                for (int b = a; b <= 8; b++)
                {
                    best = Math.Min(best, Fullest([a, b - a, 8 - b]));
                }
            }

            Assert.Equal(best, Fullest(LayerSplit.Split(0, 8, room, Sum)), 1e-9);

            long Sum(int first, int end) => bytes[first..end].Sum();

            double Fullest(int[] counts)
            {
                int first = 0;
                return counts.Select((count, i) => Sum(first, first += count) / (double)room[i]).Max();
            }
        }
    }

    private static long Cost(int first, int end) => ((end - first) * 10) + (end == Layers ? 25 : 0);
}
