using System.Runtime.CompilerServices;

namespace Winnow;

/// <summary>What the work on an input that is not trusted may spend: steps, time, and until its caller gives up.</summary>
/// <remarks>
/// Whoever parses or interprets such an input charges each piece of work for what it costs, before it is done. Steps end the work
/// at the same place on every machine; the time is a second net, looked at every few thousand steps.
/// </remarks>
internal sealed class Budget
{
    /// <summary>How many steps are spent between two looks at the clock and the caller.</summary>
    private const long StepsPerLook = 4096;

    private readonly long _steps;
    private readonly TimeSpan _time;
    private readonly long _deadline;
    private readonly Func<string, Exception> _fail;
    private readonly CancellationToken _cancellation;
    private long _left;
    private long _nextLook;

    /// <param name="steps">The most steps.</param>
    /// <param name="time">The most time; <see cref="Timeout.InfiniteTimeSpan"/> for no bound.</param>
    /// <param name="fail">Makes the error of work that spends too much, from what it has spent: "more than the 500 steps it may take".</param>
    /// <param name="cancellation">The caller's.</param>
    public Budget(long steps, TimeSpan time, Func<string, Exception> fail, CancellationToken cancellation)
    {
        _steps = steps;
        _time = time;
        _deadline = time == Timeout.InfiniteTimeSpan || time.TotalMilliseconds > int.MaxValue
            ? long.MaxValue
            : Environment.TickCount64 + (long)time.TotalMilliseconds;
        _fail = fail;
        _cancellation = cancellation;
        _left = steps;
        _nextLook = Math.Max(steps - StepsPerLook, 0);
    }

    /// <summary>Spends steps.</summary>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Charge(long steps)
    {
        _left -= steps;
        if (_left < _nextLook)
        {
            Look();
        }
    }

    private void Look()
    {
        _nextLook = Math.Max(_left - StepsPerLook, 0);
        if (_left < 0)
        {
            // What is refused once stays refused, whatever is charged after it.
            _left = -1;
            throw _fail($"more than the {_steps} steps it may take");
        }

        _cancellation.ThrowIfCancellationRequested();
        if (Environment.TickCount64 > _deadline)
        {
            throw _fail($"longer than the {_time.TotalSeconds:0.###} seconds it may take");
        }
    }
}
