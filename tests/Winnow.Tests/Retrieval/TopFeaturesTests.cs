using Winnow.Retrieval.Features;
using Winnow.Tests.InstructionSets;

namespace Winnow.Tests.Retrieval;

[EveryInstructionSet]
public class TopFeaturesTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(7, 3)]
    [InlineData(64, 16)]
    [InlineData(1000, 16)]
    [InlineData(4099, 128)]
    public void The_largest_are_found_and_of_equal_ones_the_lower_number_wins(int latents, int count)
    {
        Random random = new(latents);
        TopFeatures top = new(count);
        for (int run = 0; run < 20; run++)
        {
            // Few distinct values: ties everywhere, also across the cut.
            float[] activations = [.. Enumerable.Range(0, latents).Select(_ => run % 2 == 0 ? random.Next(-8, 8) : random.NextSingle())];
            int[] features = new int[count];
            float[] values = new float[count];
            top.Select(activations, features, values);

            int[] expected = [.. Enumerable.Range(0, latents).OrderByDescending(feature => activations[feature]).ThenBy(feature => feature).Take(count)];
            Assert.Equal(expected, features);
            Assert.Equal(expected.Select(feature => activations[feature]), values);
        }
    }

    [Fact]
    public void Zeros_of_both_signs_are_equal_and_NaN_is_never_chosen()
    {
        int[] features = new int[2];
        float[] values = new float[2];
        new TopFeatures(2).Select([float.NaN, -1, -0f, 0f, float.NaN], features, values);
        Assert.Equal([2, 3], features);
    }
}
