using Winnow.Sampling;

namespace Winnow.Tests.Sampling;

public class SamplingOptionsTests
{
    [Fact]
    public void Defaults_are_those_of_llama_cpp()
    {
        SamplingOptions options = new();
        Assert.Equal(-1, options.Seed);
        Assert.Equal(0.8f, options.Temperature);
        Assert.Equal(0, options.DynamicTemperatureRange);
        Assert.Equal(1, options.DynamicTemperatureExponent);
        Assert.Equal(40, options.TopK);
        Assert.Equal(0.95f, options.TopP);
        Assert.Equal(0.05f, options.MinP);
        Assert.Equal(1, options.TypicalP);
        Assert.Equal(-1, options.TopNSigma);
        Assert.Equal(0, options.XtcProbability);
        Assert.Equal(0.1f, options.XtcThreshold);
        Assert.Equal(0, options.MinKeep);
        Assert.Equal(64, options.RepeatLastN);
        Assert.Equal(1, options.RepeatPenalty);
        Assert.Equal(0, options.FrequencyPenalty);
        Assert.Equal(0, options.PresencePenalty);
        Assert.Equal(0, options.DryMultiplier);
        Assert.Equal(1.75f, options.DryBase);
        Assert.Equal(2, options.DryAllowedLength);
        Assert.Equal(64, options.DryPenaltyLastN);
        Assert.Equal(["\n", ":", "\"", "*"], options.DrySequenceBreakers);
        Assert.Equal(0, options.Mirostat);
        Assert.Equal(5, options.MirostatTau);
        Assert.Equal(0.1f, options.MirostatEta);
        Assert.Empty(options.LogitBias);
        Assert.Equal(0, SamplingOptions.Greedy.Temperature);
    }

    public static TheoryData<string, Func<SamplingOptions>, string> Refused => new()
    {
        { "Temperature", () => new() { Temperature = -0.1f }, "Temperature is -0.1; allowed: 0 to 1000" },
        { "Temperature", () => new() { Temperature = float.NaN }, "Temperature is NaN; allowed: 0 to 1000" },
        { "TopP", () => new() { TopP = 1.5f }, "TopP is 1.5; allowed: 0 to 1" },
        { "MinP", () => new() { MinP = -1 }, "MinP is -1; allowed: 0 to 1" },
        { "TypicalP", () => new() { TypicalP = 2 }, "TypicalP is 2; allowed: 0 to 1" },
        { "TopK", () => new() { TopK = -1 }, "TopK is -1; allowed: 0 or more" },
        { "TopNSigma", () => new() { TopNSigma = -2 }, "TopNSigma is -2; allowed: -1 to 1000" },
        { "RepeatPenalty", () => new() { RepeatPenalty = 0 }, "RepeatPenalty is 0; allowed: 0.01 to 100" },
        { "RepeatLastN", () => new() { RepeatLastN = int.MaxValue }, "RepeatLastN is 2147483647; allowed: 0 to 1048576" },
        { "DryBase", () => new() { DryBase = 0.5f }, "DryBase is 0.5; allowed: 1 to 100" },
        { "DrySequenceBreakers", () => new() { DrySequenceBreakers = [""] }, "DrySequenceBreakers holds an empty text" },
        { "Mirostat", () => new() { Mirostat = 1 }, "Mirostat is 1; allowed: 0 (off) or 2" },
        { "LogitBias", () => Biased(-3, 1), "LogitBias is -3; allowed: token ids of 0 or more" },
        { "LogitBias", () => Biased(3, float.NaN), "LogitBias is NaN; allowed: a finite number or negative infinity" },
        { "LogitBias", () => Biased(3, float.PositiveInfinity), "LogitBias is Infinity; allowed: a finite number" },
        { "Temperature", () => SamplingOptions.Greedy with { Temperature = 1001 }, "Temperature is 1001; allowed: 0 to 1000" },
    };

    [Theory]
    [MemberData(nameof(Refused), DisableDiscoveryEnumeration = true)]
    public void A_value_out_of_range_is_refused_by_name_with_the_range(string option, Func<SamplingOptions> make, string message)
    {
        ArgumentOutOfRangeException error = Assert.Throws<ArgumentOutOfRangeException>(make);
        Assert.Equal(option, error.ParamName);
        Assert.StartsWith(message, error.Message, StringComparison.Ordinal);
    }

    private static SamplingOptions Biased(int token, float bias)
    {
        return new SamplingOptions { LogitBias = new Dictionary<int, float> { [token] = bias } };
    }
}
