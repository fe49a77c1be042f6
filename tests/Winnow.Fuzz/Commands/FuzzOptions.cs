using System.CommandLine;
using Winnow.Fuzz.Surfaces;

namespace Winnow.Fuzz.Commands;

/// <summary>The options that commands share.</summary>
internal static class FuzzOptions
{
    public static Option<string> Surface() => new("--surface") { Description = $"Which surface: {string.Join(", ", AllSurfaces.Names)}.", Required = true, HelpName = "NAME" };

    public static Option<long> Inputs() => new("--inputs") { Description = "How many inputs.", DefaultValueFactory = _ => 200_000, HelpName = "N" };

    public static Option<ulong> Seed() => new("--seed") { Description = "Same seed, same inputs.", DefaultValueFactory = _ => 1 };

    public static Option<double?> Seconds() => new("--seconds") { Description = "End earlier after this." };

    public static Option<double> Limit() => new("--limit") { Description = "Seconds that one input may take.", DefaultValueFactory = _ => 5 };

    public static Option<string> Findings() => new("--findings") { Description = "The folder for inputs that fail.", DefaultValueFactory = _ => "findings", HelpName = "DIR" };
}
