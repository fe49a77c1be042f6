using Winnow.Compute.Host;
using Winnow.Tests.InstructionSets;

namespace Winnow.Tests.Compute.Host;

/// <summary>The kernels that methods and sampling use on the host, against their definitions, at every length around whole vectors.</summary>
[EveryInstructionSet]
public class HostKernelTests
{
    [Fact]
    public void Keys_have_the_order_of_their_values_and_are_counted_from_any_bound()
    {
        for (int length = 0; length < 70; length++)
        {
            float[] values = Values(length);
            uint[] keys = new uint[length];
            OrderedKeys.Of(values, keys);
            for (int i = 0; i < length; i++)
            {
                Assert.Equal(values.Select(value => value >= values[i]), keys.Select(key => key >= keys[i]));
                Assert.Equal(values.Count(value => value >= values[i]), OrderedKeys.CountFrom(keys, keys[i]));
            }
        }
    }

    [Fact]
    public void A_key_is_found_wherever_it_stands_in_a_block()
    {
        for (int i = 0; i <= OrderedKeys.BlockLength; i++)
        {
            uint[] keys = new uint[OrderedKeys.BlockLength + 1];
            keys[i] = 7;
            Assert.Equal(i < OrderedKeys.BlockLength, OrderedKeys.AnyFrom(keys, 7));
            Assert.False(OrderedKeys.AnyFrom(keys, 8));
        }
    }

    [Fact]
    public void The_largest_of_a_block_is_seen_wherever_it_stands()
    {
        for (int i = 0; i <= LargestOfBlock.Length; i++)
        {
            float[] values = new float[LargestOfBlock.Length + 1];
            values[i] = 1;
            Assert.Equal(i < LargestOfBlock.Length, LargestOfBlock.IsAbove(values, 0));
            Assert.False(LargestOfBlock.IsAbove(values, 1));
        }
    }

    [Fact]
    public void Moments_leave_out_what_is_masked()
    {
        for (int length = 0; length < 70; length++)
        {
            float[] values = Values(length);
            for (int i = 0; i < length; i += 5)
            {
                values[i] = float.NegativeInfinity;
            }

            float[] finite = [.. values.Where(float.IsFinite)];
            (double sum, int count) = FiniteMoments.Sum(values);
            Assert.Equal(finite.Length, count);
            Assert.Equal(finite.Sum(value => (double)value), sum, 1e-9);
            Assert.Equal(finite.Sum(value => (double)(value - 0.25f) * (value - 0.25f)), FiniteMoments.SumOfSquares(values, 0.25f), 1e-3);
        }
    }

    [Fact]
    public void Values_equal_to_the_bound_of_a_block_reach_it_and_NaN_does_not()
    {
        for (int i = 0; i <= FloatBlock.Length; i++)
        {
            float[] values = new float[FloatBlock.Length + 1];
            values[i] = 1;
            Assert.Equal(i < FloatBlock.Length, FloatBlock.AnyFrom(values, 1));
            Assert.False(FloatBlock.AnyFrom(values, 1.5f));
            values[i] = float.NaN;
            Assert.False(FloatBlock.AnyFrom(values, 0.5f));
        }
    }

    [Fact]
    public void What_is_above_the_threshold_becomes_zero_and_the_rest_stays()
    {
        for (int length = 0; length < 70; length++)
        {
            float[] scores = Values(length);
            foreach (float threshold in (float[])[.. scores, float.NegativeInfinity, float.PositiveInfinity])
            {
                int[] target = [.. Enumerable.Range(0, length).Select(i => int.MaxValue - i)];
                ZeroWhereAbove.Apply(scores, threshold, target);
                Assert.Equal(scores.Select((score, i) => score > threshold ? 0 : int.MaxValue - i), target);
            }
        }
    }

    [Fact]
    public void No_row_counts_as_ascending_that_does_not_and_all_but_the_last_vectors_do()
    {
        for (int length = 0; length < 70; length++)
        {
            int[] rows = [.. Enumerable.Range(0, length).Select(i => 3 * i)];
            Assert.InRange(AscendingRows.Count(rows), Math.Max(0, length - HostVectors.Width), length);
            for (int i = 0; i < length; i++)
            {
                int before = rows[i];
                rows[i] = i == 0 ? -1 : rows[i - 1];
                Assert.InRange(AscendingRows.Count(rows), 0, i);
                rows[i] = before;
            }
        }
    }

    /// <summary>With ties and zeros of both signs.</summary>
    private static float[] Values(int length)
    {
        Random random = new(length);
        return [.. Enumerable.Range(0, length).Select(i => i % 7 == 0 ? -0f : i % 7 == 1 ? 0f : MathF.Round((random.NextSingle() - 0.5f) * 40) / 4)];
    }
}
