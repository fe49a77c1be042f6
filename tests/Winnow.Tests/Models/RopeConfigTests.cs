using Winnow.Models.Config;

namespace Winnow.Tests.Models;

/// <summary>Rotary frequencies, against values worked out from the papers' formulas in double precision.</summary>
public sealed class RopeConfigTests
{
    private const double Theta = 10000;
    private const int Dimension = 64;

    [Fact]
    public void Plain_frequencies_fall_geometrically() => Check(null, (_, frequency) => frequency);

    [Fact]
    public void Linear_scaling_divides_all_frequencies() => Check(new RopeScaling.Linear(4), (_, frequency) => frequency / 4);

    [Fact]
    public void Llama_3_scaling_keeps_short_waves_divides_long_ones_and_blends_between() =>
        Check(new RopeScaling.Llama3(8, 1, 4, 8192), (_, frequency) =>
        {
            double turns = 8192 * frequency / (2 * Math.PI);
            double smooth = Math.Clamp((turns - 1) / 3, 0, 1);
            return ((1 - smooth) * frequency / 8) + (smooth * frequency);
        });

    /// <summary>Equations 23 and 25 of the paper, with bounds rounded as the authors' code does.</summary>
    [Fact]
    public void Yarn_blends_by_turns_in_the_original_context() =>
        Check(new RopeScaling.Yarn(4, 4096, 32, 1, RopeScaling.Yarn.DefaultMagnitude(4), RoundsBounds: true), (pair, frequency) =>
        {
            double low = Math.Floor(Dimension * Math.Log(4096 / (32 * 2 * Math.PI)) / (2 * Math.Log(Theta)));
            double high = Math.Ceiling(Dimension * Math.Log(4096 / (2 * Math.PI)) / (2 * Math.Log(Theta)));
            double interpolated = Math.Clamp((pair - low) / (high - low), 0, 1);
            return (frequency / 4 * interpolated) + (frequency * (1 - interpolated));
        }, magnitude: (0.1 * Math.Log(4)) + 1);

    [Theory]
    [InlineData(4096, 1.5)]
    [InlineData(4097, 3)]
    public void LongRope_has_other_divisors_for_long_contexts(int contextLength, double divisor)
    {
        float[] shortFactors = new float[Dimension / 2];
        float[] longFactors = new float[Dimension / 2];
        Array.Fill(shortFactors, 1.5f);
        Array.Fill(longFactors, 3f);
        Check(new RopeScaling.LongRope(shortFactors, longFactors, 4096, 1.19f), (_, frequency) => frequency / divisor, 1.19, contextLength);
    }

    [Fact]
    public void Divisors_of_a_file_are_applied_each_to_its_pair()
    {
        float[] values = [.. Enumerable.Range(1, Dimension / 2).Select(i => (float)i)];
        Check(new RopeScaling.Divisors(values), (pair, frequency) => frequency / (pair + 1));
    }

    private static void Check(RopeScaling? scaling, Func<int, double, double> expected, double magnitude = 1, int contextLength = 4096)
    {
        Winnow.Compute.RopeFrequencies actual = new RopeConfig((float)Theta, Dimension, scaling).CreateFrequencies(interleaved: false, contextLength);
        Assert.Equal(Dimension, actual.RotaryDimension);
        Assert.Equal(magnitude, actual.Magnitude, 1e-6);
        for (int i = 0; i < Dimension / 2; i++)
        {
            double value = expected(i, Math.Pow(Theta, -2.0 * i / Dimension));
            Assert.InRange(actual.InverseFrequencies[i] / value, 1 - 1e-5, 1 + 1e-5);
        }
    }
}
