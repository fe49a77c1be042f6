using Winnow.Fuzz.Running;
using Winnow.Fuzz.Surfaces;

namespace Winnow.Fuzz.Tests;

/// <summary>A few inputs for each surface, with every build; <c>Winnow.Fuzz all</c> tries as many as one likes.</summary>
public sealed class SurfaceTests
{
    private const ulong Seed = 20261130;

    /// <summary>Of inputs, that are to be more than refused at first sight.</summary>
    private const double LeastPastHeaderPercent = 30;

    /// <summary>Inputs by what one costs, so that all surfaces together take less than a minute of a processor.</summary>
    public static TheoryData<string, int> Inputs => new()
    {
        { "gguf", 3000 },
        { "split-gguf", 2000 },
        { "safetensors", 5000 },
        { "config", 4000 },
        { "tokenizer", 3000 },
        { "sidecar", 800 },
        { "session", 800 },
        { "index", 2000 },
        { "codebook", 1500 },
        { "template", 4000 },
        { "gbnf", 1500 },
        { "schema", 1500 },
        { "cases", 5000 },
        { "document", 1000 },
    };

    [Theory]
    [MemberData(nameof(Inputs))]
    public void Every_input_is_refused_with_a_reason_or_works(string name, int count)
    {
        using Surface surface = AllSurfaces.Create(name);
        FuzzRunner runner = new(surface, Seed, InputLimits.Default)
        {
            // Nothing else ends a test that hangs or fills the memory.
            Overran = failure => Environment.FailFast($"{failure} (dotnet run --project tests/Winnow.Fuzz -- once --surface {name} --seed {Seed} --number {failure.Number})"),
        };
        RunReport report = runner.Run(0, count);
        Assert.Empty(report.Failures);
        Assert.Equal(count, report.Inputs);
        Assert.InRange(report.PastHeaderPercent, LeastPastHeaderPercent, 100);
    }

    [Fact]
    public void Every_surface_is_tried() => Assert.Equal(AllSurfaces.Names.Order(), Inputs.Select(row => row.Data.Item1).Order());

    [Theory]
    [MemberData(nameof(Inputs))]
    public void Every_seed_is_good(string name, int count)
    {
        Assert.True(count > 0);
        using Surface surface = AllSurfaces.Create(name);
        Assert.All(surface.Seeds, seed =>
        {
            surface.Run(seed);
            Assert.True(surface.IsPastHeader);
        });
    }

    [Theory]
    [MemberData(nameof(Inputs))]
    public void An_input_follows_from_seed_and_number_alone(string name, int count)
    {
        using Surface one = AllSurfaces.Create(name);
        using Surface other = AllSurfaces.Create(name);
        byte[] expected = FuzzRunner.Input(one, Seed, count);
        FuzzRunner.Input(other, Seed, 0);
        Assert.Equal(expected, FuzzRunner.Input(other, Seed, count));
        Assert.Contains(Enumerable.Range(0, 20), number => !FuzzRunner.Input(one, Seed, number).AsSpan().SequenceEqual(expected));
    }
}
