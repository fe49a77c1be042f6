using System.Diagnostics;

namespace Winnow.Fuzz.Running;

/// <summary>Looks from a thread of its own at an input that does not end, or takes all memory.</summary>
internal sealed class Watchdog : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    private readonly InputLimits _limits;
    private readonly Action<string, string> _bark;
    private readonly ManualResetEventSlim _ended = new();
    private readonly Thread _thread;
    private long _begun;
    private long _processorTicks;
    private long _baseline;

    /// <param name="limits">What an input may cost.</param>
    /// <param name="bark">Told the kind and figures of what costs more, once an input.</param>
    public Watchdog(InputLimits limits, Action<string, string> bark)
    {
        _limits = limits;
        _bark = bark;
        _thread = new Thread(Watch) { IsBackground = true, Name = "watchdog" };
        _thread.Start();
    }

    /// <summary>The most physical memory that was seen.</summary>
    public long PeakResidentBytes { get; private set; }

    /// <summary>An input begins.</summary>
    /// <param name="processorTime">What the process has used so far.</param>
    public void Begin(TimeSpan processorTime)
    {
        Volatile.Write(ref _processorTicks, processorTime.Ticks);
        Volatile.Write(ref _begun, Stopwatch.GetTimestamp());
    }

    /// <summary>It has ended.</summary>
    public void End() => Volatile.Write(ref _begun, 0);

    /// <inheritdoc/>
    public void Dispose()
    {
        _ended.Set();
        _thread.Join();
        _ended.Dispose();
    }

    private void Watch()
    {
        long told = 0;
        while (!_ended.Wait(Interval))
        {
            long resident = Environment.WorkingSet;
            PeakResidentBytes = Math.Max(PeakResidentBytes, resident);
            long begun = Volatile.Read(ref _begun);
            if (begun == 0 || Stopwatch.GetElapsedTime(begun) < Interval)
            {
                // Short inputs pass between two looks: what they leave behind belongs to none of them.
                _baseline = resident;
                continue;
            }

            TimeSpan elapsed = Stopwatch.GetElapsedTime(begun);
            TimeSpan used = Environment.CpuUsage.TotalTime - new TimeSpan(Volatile.Read(ref _processorTicks));
            bool takesTooLong = used > _limits.Time || elapsed > _limits.WaitTime;
            if (begun != told && begun == Volatile.Read(ref _begun) && (takesTooLong || resident - _baseline > _limits.MemoryBytes))
            {
                told = begun;
                _bark(
                    takesTooLong ? "time" : "memory",
                    $"{used.TotalSeconds:F1} seconds of a processor and {elapsed.TotalSeconds:F1} by the clock so far, {(resident - _baseline) >> 20} MiB more than before");
            }
        }
    }
}
