namespace Winnow.Scheduling;

/// <summary>More requests wait already than may; nothing was computed. Try again later, or send the client away (HTTP 429 or 503).</summary>
public sealed class SchedulerFullException : WinnowException
{
    /// <summary>Creates the error.</summary>
    /// <param name="queueLimit">Requests that may wait.</param>
    public SchedulerFullException(int queueLimit)
        : base($"{queueLimit} requests are waiting already, the limit ({nameof(SchedulerOptions)}.{nameof(SchedulerOptions.QueueLimit)}): try again later")
    {
        QueueLimit = queueLimit;
    }

    /// <summary>Requests that may wait.</summary>
    public int QueueLimit { get; }
}
