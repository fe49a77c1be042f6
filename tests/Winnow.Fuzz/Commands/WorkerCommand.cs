using System.CommandLine;
using Winnow.Fuzz.Running;

namespace Winnow.Fuzz.Commands;

/// <summary><c>worker</c>: what <c>run</c> starts.</summary>
internal static class WorkerCommand
{
    public static Command Create()
    {
        Option<string> surface = FuzzOptions.Surface();
        Option<long> inputs = FuzzOptions.Inputs();
        Option<ulong> seed = FuzzOptions.Seed();
        Option<double?> seconds = FuzzOptions.Seconds();
        Option<double> limit = FuzzOptions.Limit();
        Option<long> first = new("--first");
        Option<string> progress = new("--progress") { Required = true };
        Option<string> report = new("--report") { Required = true };
        Command command = new("worker", "Try inputs in this process.") { Hidden = true };
        foreach (Option option in (Option[])[surface, inputs, seed, seconds, limit, first, progress, report])
        {
            command.Add(option);
        }

        command.SetAction(parsed => Worker.Run(
            new WorkerTask(
                parsed.GetRequiredValue(surface), parsed.GetValue(seed), parsed.GetValue(first), parsed.GetValue(inputs), parsed.GetValue(seconds), parsed.GetValue(limit)),
            parsed.GetRequiredValue(progress),
            parsed.GetRequiredValue(report)));
        return command;
    }
}
