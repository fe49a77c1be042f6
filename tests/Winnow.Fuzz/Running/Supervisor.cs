using System.Diagnostics;
using System.Globalization;
using Winnow.Fuzz.Models;
using Winnow.Fuzz.Surfaces;

namespace Winnow.Fuzz.Running;

/// <summary>Has workers try inputs; where one dies, takes down the input that it was at and goes on behind it with another.</summary>
/// <param name="findings">The folder that failing inputs are written to.</param>
internal sealed class Supervisor(string findings)
{
    /// <summary>A surface that kills so many workers is worth no more of them.</summary>
    private const int MostDeaths = 20;

    /// <summary>Tries inputs of a surface.</summary>
    public RunReport Run(WorkerTask task)
    {
        RunReport report = new() { Surface = task.Surface, Seed = task.Seed };
        long next = task.First;
        for (int deaths = 0; next < task.First + task.Count && deaths < MostDeaths && !(report.Seconds > task.Seconds);)
        {
            (int exitCode, long number, RunReport? part, string error) = RunWorker(task with
            {
                First = next,
                Count = task.First + task.Count - next,
                Seconds = task.Seconds - report.Seconds,
            });
            if (part is not null)
            {
                report.Add(part);
            }

            if (exitCode == 0)
            {
                break;
            }

            deaths++;
            if (exitCode == Worker.Overran)
            {
                report.Inputs++;
            }
            else
            {
                report.Inputs += number + 1 - next;
                report.Add(new RunReport { Surface = task.Surface, Seed = task.Seed, Failures = [new(task.Surface, task.Seed, number, "death", $"exit code {exitCode}: {error}")] });
            }

            next = number + 1;
        }

        Save(report);
        return report;
    }

    private static (int ExitCode, long Number, RunReport? Report, string Error) RunWorker(WorkerTask task)
    {
        using ScratchFolder folder = new();
        string progress = folder.PathOf("progress");
        string result = folder.PathOf("report");
        ProcessStartInfo start = new(Environment.ProcessPath!) { RedirectStandardError = true };
        if (Path.GetFileNameWithoutExtension(start.FileName) == "dotnet")
        {
            start.ArgumentList.Add(typeof(Supervisor).Assembly.Location);
        }

        string[] arguments =
        [
            "worker", "--surface", task.Surface, "--seed", Text(task.Seed), "--first", Text(task.First), "--inputs", Text(task.Count),
            "--limit", Text(task.LimitSeconds), "--progress", progress, "--report", result,
            .. task.Seconds is { } seconds ? new[] { "--seconds", Text(seconds) } : [],
        ];
        Array.ForEach(arguments, start.ArgumentList.Add);
        start.Environment["DOTNET_DbgEnableMiniDump"] = "0";
        using Process process = Process.Start(start)!;
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        long number = Worker.ReadProgress(progress) ?? throw new InvalidOperationException($"the surface '{task.Surface}' does not begin: {error}");
        return (process.ExitCode, number, Worker.ReadReport(result), error.Length > 4000 ? error[..4000] : error);
    }

    private static string Text<T>(T value)
        where T : IFormattable => value.ToString(null, CultureInfo.InvariantCulture);

    private void Save(RunReport report)
    {
        if (report.Failures.Count == 0)
        {
            return;
        }

        Directory.CreateDirectory(findings);
        using Surface surface = AllSurfaces.Create(report.Surface);
        foreach (Failure failure in report.Failures)
        {
            string path = Path.Combine(findings, string.Create(CultureInfo.InvariantCulture, $"{failure.Surface}-{failure.Seed}-{failure.Number}"));
            File.WriteAllBytes(path + ".input", FuzzRunner.Input(surface, failure.Seed, failure.Number));
            File.WriteAllText(path + ".txt", $"{failure.Signature}\n{failure.Details}\n");
        }
    }
}
