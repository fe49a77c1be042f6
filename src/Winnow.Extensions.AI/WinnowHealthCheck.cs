using Microsoft.Extensions.Diagnostics.HealthChecks;
using Winnow.Scheduling;

namespace Winnow.Extensions.AI;

/// <summary>Whether the model is loaded and takes calls: degraded where the queue is full. Add it with <c>AddHealthChecks().AddCheck&lt;WinnowHealthCheck&gt;("winnow")</c>.</summary>
/// <param name="services">The application's services; the model is loaded if it was not.</param>
public sealed class WinnowHealthCheck(IServiceProvider services) : IHealthCheck
{
    /// <inheritdoc/>
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(Check());

    private HealthCheckResult Check()
    {
        try
        {
            Scheduler? scheduler = (Scheduler?)services.GetService(typeof(Scheduler));
            if (scheduler is null)
            {
                return HealthCheckResult.Unhealthy("no model was added");
            }

            SchedulerStatistics statistics = scheduler.Statistics;
            Dictionary<string, object> data = new()
            {
                ["model"] = scheduler.Engine.Model.Name,
                ["waiting"] = statistics.Waiting,
                ["active"] = statistics.Active,
                ["kv_bytes"] = statistics.KvBytes,
            };
            return scheduler.IsStopped ? HealthCheckResult.Unhealthy("the scheduler has stopped", data: data)
                : statistics.Waiting >= Math.Max(scheduler.Options.QueueLimit, 1) ? HealthCheckResult.Degraded("the queue is full", data: data)
                : HealthCheckResult.Healthy($"{scheduler.Engine.Model.Name} takes calls", data);
        }
        catch (Exception e)
        {
            return HealthCheckResult.Unhealthy(e.Message, e);
        }
    }
}
