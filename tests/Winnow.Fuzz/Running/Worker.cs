using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;
using System.Text.Json;
using Winnow.Fuzz.Surfaces;

namespace Winnow.Fuzz.Running;

/// <summary>Tries inputs in a process of its own, and leaves behind which one it was at, whatever becomes of the process.</summary>
internal static class Worker
{
    /// <summary>The exit code after an input that took too long or too much.</summary>
    public const int Overran = 3;

    /// <summary>Tries inputs.</summary>
    /// <param name="task">What to try.</param>
    /// <param name="progressPath">Gets the number of the input that is tried: eight bytes.</param>
    /// <param name="reportPath">Gets the report.</param>
    public static void Run(WorkerTask task, string progressPath, string reportPath)
    {
        using Surface surface = AllSurfaces.Create(task.Surface);
        using MemoryMappedFile file = MemoryMappedFile.CreateFromFile(progressPath, FileMode.Create, null, sizeof(long));
        using MemoryMappedViewAccessor progress = file.CreateViewAccessor();
        FuzzRunner? runner = null;
        runner = new FuzzRunner(surface, task.Seed, InputLimits.Default with { Time = TimeSpan.FromSeconds(task.LimitSeconds) })
        {
            Began = number => progress.Write(0, number),
            Overran = failure =>
            {
                runner!.Report.Failures.Add(failure);
                Write(reportPath, runner.Report);
                Environment.Exit(Overran);
            },
        };
        runner.Run(task.First, task.Count, task.Seconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null);
        Write(reportPath, runner.Report);
    }

    /// <summary>The number that a worker left; null where it did not come to its first input.</summary>
    public static long? ReadProgress(string path) => File.Exists(path) ? BinaryPrimitives.ReadInt64LittleEndian(File.ReadAllBytes(path)) : null;

    /// <summary>The report that a worker left; null where it could not.</summary>
    public static RunReport? ReadReport(string path) =>
        File.Exists(path) ? JsonSerializer.Deserialize<RunReport>(File.ReadAllBytes(path)) : null;

    private static void Write(string path, RunReport report) => File.WriteAllBytes(path, JsonSerializer.SerializeToUtf8Bytes(report));
}
