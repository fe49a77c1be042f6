using System.CommandLine;
using System.Globalization;
using Winnow.Fuzz.Running;
using Winnow.Fuzz.Surfaces;

namespace Winnow.Fuzz.Commands;

/// <summary><c>run</c> and <c>all</c>: tries inputs of one surface, or of each.</summary>
internal static class RunCommand
{
    /// <summary>One surface.</summary>
    public static Command CreateOne()
    {
        Option<string> surface = FuzzOptions.Surface();
        return Create("run", "Try inputs of one surface.", [surface], parsed => [parsed.GetRequiredValue(surface)]);
    }

    /// <summary>All surfaces.</summary>
    public static Command CreateAll() => Create("all", "Try inputs of each surface, one after the other.", [], _ => AllSurfaces.Names);

    private static Command Create(string name, string description, Option[] more, Func<ParseResult, IEnumerable<string>> surfaces)
    {
        Option<long> inputs = FuzzOptions.Inputs();
        Option<ulong> seed = FuzzOptions.Seed();
        Option<double?> seconds = FuzzOptions.Seconds();
        Option<double> limit = FuzzOptions.Limit();
        Option<string> findings = FuzzOptions.Findings();
        Command command = new(name, description);
        foreach (Option option in (Option[])[.. more, inputs, seed, seconds, limit, findings])
        {
            command.Add(option);
        }

        command.SetAction(parsed =>
        {
            Supervisor supervisor = new(parsed.GetRequiredValue(findings));
            Console.WriteLine("| surface | inputs | past the header | seed | inputs/s of a processor | most allocated, MiB | peak of the process, MiB | slowest, ms | failures |");
            Console.WriteLine("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
            bool failed = false;
            foreach (string one in surfaces(parsed))
            {
                RunReport report = supervisor.Run(new WorkerTask(
                    one, parsed.GetValue(seed), 0, parsed.GetValue(inputs), parsed.GetValue(seconds), parsed.GetValue(limit)));
                failed |= report.Failures.Count > 0;
                Write(report);
            }

            return failed ? 1 : 0;
        });
        return command;
    }

    private static void Write(RunReport report)
    {
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {report.Surface} | {report.Inputs:N0} | {report.PastHeaderPercent:F0} % | {report.Seed} | {report.Inputs / Math.Max(report.ProcessorSeconds, 1e-3):N0} | {report.MostAllocatedBytes / 1048576.0:F1} | {report.PeakResidentBytes >> 20} | {report.SlowestMs:F0} (input {report.SlowestInput}) | {report.Failures.Count} |"));
        foreach (Failure failure in report.Failures)
        {
            Console.Error.WriteLine($"{failure.Surface}, seed {failure.Seed}, input {failure.Number}: {failure.Signature}");
        }
    }
}
