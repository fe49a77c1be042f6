using System.Diagnostics;
using Winnow.Fuzz.Surfaces;

namespace Winnow.Fuzz.Running;

/// <summary>Tries inputs of one surface, one after the other, and takes down what they cost.</summary>
/// <param name="surface">The surface.</param>
/// <param name="seed">Chooses the inputs.</param>
/// <param name="limits">What one may cost.</param>
internal sealed class FuzzRunner(Surface surface, ulong seed, InputLimits limits)
{
    /// <summary>What is told in the report; more places than these are not looked for.</summary>
    private const int MostFailures = 50;

    /// <summary>Inputs that allocate more are cleared away after, so that the peak of the process is that of one input, not of what many left behind.</summary>
    private const long CollectedBytes = 64 << 20;

    private long _number;

    /// <summary>What was found so far.</summary>
    public RunReport Report { get; } = new() { Surface = surface.Name, Seed = seed };

    /// <summary>Called before each input with its number, so that it is known whatever the input does.</summary>
    public Action<long>? Began { get; init; }

    /// <summary>Called by the watchdog while the input still runs.</summary>
    public required Action<Failure> Overran { get; init; }

    /// <summary>Makes an input again.</summary>
    public static byte[] Input(Surface surface, ulong seed, long number) => surface.Make(new InputRandom(seed, number));

    /// <summary>Tries inputs.</summary>
    /// <param name="first">The number of the first.</param>
    /// <param name="count">How many.</param>
    /// <param name="time">Ends earlier after this.</param>
    public RunReport Run(long first, long count, TimeSpan? time = null)
    {
        HashSet<string> signatures = [];
        using Watchdog watchdog = new(limits, (kind, figures) => Overran(new Failure(surface.Name, seed, Volatile.Read(ref _number), kind, figures)));
        long begin = Stopwatch.GetTimestamp();
        TimeSpan used = Environment.CpuUsage.TotalTime;
        for (long number = first; number < first + count && signatures.Count < MostFailures; number++)
        {
            Report.Seconds = Stopwatch.GetElapsedTime(begin).TotalSeconds;
            if (Report.Seconds > time?.TotalSeconds)
            {
                break;
            }

            Volatile.Write(ref _number, number);
            Began?.Invoke(number);
            byte[] input = Input(surface, seed, number);
            if (Try(input, watchdog, number) is { } failure && signatures.Add(failure.Signature))
            {
                Report.Failures.Add(failure);
            }
        }

        Report.Seconds = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        Report.ProcessorSeconds = (Environment.CpuUsage.TotalTime - used).TotalSeconds;
        Report.PeakResidentBytes = Math.Max(watchdog.PeakResidentBytes, Environment.WorkingSet);
        return Report;
    }

    private Failure? Try(byte[] input, Watchdog watchdog, long number)
    {
        Failure? failure = null;
        long allocatedBefore = GC.GetAllocatedBytesForCurrentThread();
        TimeSpan before = Environment.CpuUsage.TotalTime;
        watchdog.Begin(before);
        try
        {
            surface.Run(input);
        }
        catch (Exception error)
        {
            failure = new Failure(surface.Name, seed, number, "exception", error.ToString());
        }

        watchdog.End();
        TimeSpan used = Environment.CpuUsage.TotalTime - before;
        long allocated = GC.GetAllocatedBytesForCurrentThread() - allocatedBefore;
        if (allocated > CollectedBytes)
        {
            GC.Collect();
        }

        Report.Inputs++;
        Report.PastHeader += surface.IsPastHeader ? 1 : 0;
        Report.MostAllocatedBytes = Math.Max(Report.MostAllocatedBytes, allocated);
        if (used.TotalMilliseconds > Report.SlowestMs)
        {
            (Report.SlowestMs, Report.SlowestInput) = (used.TotalMilliseconds, number);
        }

        return failure
            ?? (used > limits.Time ? new Failure(surface.Name, seed, number, "time", $"{used.TotalSeconds:F1} seconds of a processor") : null)
            ?? (allocated > limits.MemoryBytes ? new Failure(surface.Name, seed, number, "memory", $"{allocated >> 20} MiB allocated") : null);
    }
}
