using System.CommandLine;
using System.Globalization;
using Winnow.Fuzz.Running;
using Winnow.Fuzz.Surfaces;

namespace Winnow.Fuzz.Commands;

/// <summary><c>repro</c> and <c>once</c>: one input, whose error ends the process as it is.</summary>
internal static class ReproCommand
{
    /// <summary>An input that <c>run</c> has kept; its name says what it is for.</summary>
    public static Command CreateRepro()
    {
        Argument<string> file = new("FILE") { Description = "An input that 'run' has kept." };
        Command command = new("repro", "Run an input that failed again.") { file };
        command.SetAction(parsed =>
        {
            string path = parsed.GetRequiredValue(file);
            string[] parts = Path.GetFileNameWithoutExtension(path).Split('-');
            Run(string.Join('-', parts[..^2]), File.ReadAllBytes(path));
        });
        return command;
    }

    /// <summary>Any input: a file, standard input, or one of a run by its number.</summary>
    public static Command CreateOnce()
    {
        Option<string> surface = FuzzOptions.Surface();
        Option<ulong> seed = FuzzOptions.Seed();
        Option<long?> number = new("--number") { Description = "The input of this number, instead of a file." };
        Argument<string?> file = new("FILE") { Description = "The input; standard input unless it is given.", Arity = ArgumentArity.ZeroOrOne };
        Command command = new("once", "Run one input, as SharpFuzz and AFL do it.") { surface, seed, number, file };
        command.SetAction(parsed =>
        {
            string name = parsed.GetRequiredValue(surface);
            if (parsed.GetValue(number) is { } wanted)
            {
                using Surface maker = AllSurfaces.Create(name);
                Run(name, FuzzRunner.Input(maker, parsed.GetValue(seed), wanted));
                return;
            }

            using MemoryStream bytes = new();
            using Stream input = parsed.GetValue(file) is { } path ? File.OpenRead(path) : Console.OpenStandardInput();
            input.CopyTo(bytes);
            Run(name, bytes.ToArray());
        });
        return command;
    }

    private static void Run(string name, byte[] input)
    {
        using Surface surface = AllSurfaces.Create(name);
        long start = Environment.TickCount64;
        long before = GC.GetAllocatedBytesForCurrentThread();
        surface.Run(input);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{name}: {input.Length} bytes, {(surface.IsPastHeader ? "accepted" : "refused")}, {Environment.TickCount64 - start} ms, {(GC.GetAllocatedBytesForCurrentThread() - before) / 1048576.0:F1} MiB allocated"));
    }
}
