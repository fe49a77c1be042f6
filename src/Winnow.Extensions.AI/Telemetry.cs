using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.AI;
using Winnow.Generation;
using Winnow.Scheduling;

namespace Winnow.Extensions.AI;

/// <summary>
/// The meter and the activity source <c>Winnow</c>. Names are those of OpenTelemetry's conventions for generative AI where there are
/// any, on the server's side: the client's side is what <c>UseOpenTelemetry</c> measures.
/// </summary>
internal static class Telemetry
{
    private const string Name = "Winnow";
    private const string Operation = "chat";

    private static readonly ActivitySource Source = new(Name);
    private static readonly Meter Meter = new(Name);
    private static readonly ConcurrentDictionary<WinnowChatClient, bool> Clients = new();

    private static readonly Histogram<double> RequestDuration = Meter.CreateHistogram<double>("gen_ai.server.request.duration", "s", "Time of a request, its wait included.");
    private static readonly Histogram<double> TimeToFirstToken = Meter.CreateHistogram<double>("gen_ai.server.time_to_first_token", "s", "Time from a request to its first token.");
    private static readonly Histogram<double> TimePerOutputToken = Meter.CreateHistogram<double>("gen_ai.server.time_per_output_token", "s", "Time of each token after the first.");
    private static readonly Counter<long> PromptTokens = Meter.CreateCounter<long>("winnow.prompt_tokens", "{token}", "Prompt tokens, by whether they were computed or found in the cache.");
    private static readonly Counter<long> GeneratedTokens = Meter.CreateCounter<long>("winnow.generated_tokens", "{token}", "Tokens generated.");

    static Telemetry()
    {
        Observe("winnow.requests.waiting", "{request}", "Requests that wait for their turn.", statistics => statistics.Waiting);
        Observe("winnow.requests.active", "{request}", "Requests that compute.", statistics => statistics.Active);
        Observe("winnow.kv.bytes", "By", "Keys and values in memory.", statistics => statistics.KvBytes);
        Observe("winnow.kv.budget", "By", "The most that keys and values may take.", statistics => statistics.KvBudgetBytes);
        Observe("winnow.prefix_cache.bytes", "By", "Keys and values that are kept for prompts to come.", statistics => statistics.PrefixCacheBytes);
    }

    /// <summary>Begins to observe a client.</summary>
    public static void Add(WinnowChatClient client) => Clients[client] = true;

    /// <summary>Ends to observe it.</summary>
    public static void Remove(WinnowChatClient client) => Clients.TryRemove(client, out _);

    /// <summary>Begins the activity of a request; null where nobody listens.</summary>
    public static Activity? Start(string model)
    {
        Activity? activity = Source.StartActivity($"{Operation} {model}");
        activity?.SetTag("gen_ai.operation.name", Operation);
        activity?.SetTag("gen_ai.provider.name", "winnow");
        activity?.SetTag("gen_ai.request.model", model);
        return activity;
    }

    /// <summary>Puts what a request took into its activity.</summary>
    public static void Describe(Activity? activity, GenerationStatistics took, ChatFinishReason reason)
    {
        activity?.SetTag("gen_ai.usage.input_tokens", took.PromptTokens);
        activity?.SetTag("gen_ai.usage.output_tokens", took.GeneratedTokens);
        activity?.SetTag("gen_ai.usage.cache_read.input_tokens", took.CachedTokens);
        activity?.SetTag("gen_ai.response.finish_reasons", new[] { reason.Value });
    }

    /// <summary>Measures a request.</summary>
    /// <param name="model">The model.</param>
    /// <param name="took">What it took; null where it was not answered to the end.</param>
    /// <param name="first">When the first token came.</param>
    /// <param name="time">When it ended.</param>
    /// <param name="error">Why it was not answered to the end.</param>
    public static void Record(string model, GenerationStatistics? took, TimeSpan first, TimeSpan time, string? error)
    {
        TagList tags = new() { { "gen_ai.operation.name", Operation }, { "gen_ai.provider.name", "winnow" }, { "gen_ai.request.model", model } };
        if (error is not null)
        {
            tags.Add("error.type", error);
        }

        RequestDuration.Record(time.TotalSeconds, tags);
        if (took is null)
        {
            return;
        }

        TimeToFirstToken.Record(first.TotalSeconds, tags);
        if (took.GeneratedTokens > 1)
        {
            TimePerOutputToken.Record((time - first).TotalSeconds / (took.GeneratedTokens - 1), tags);
        }

        PromptTokens.Add(took.CachedTokens, new("gen_ai.request.model", model), new("cached", true));
        PromptTokens.Add(took.PromptTokens - took.CachedTokens, new("gen_ai.request.model", model), new("cached", false));
        GeneratedTokens.Add(took.GeneratedTokens, new KeyValuePair<string, object?>("gen_ai.request.model", model));
    }

    private static void Observe(string name, string unit, string description, Func<SchedulerStatistics, long> value) => Meter.CreateObservableGauge(
        name,
        () => Clients.Keys.Select(client => new Measurement<long>(value(client.Scheduler.Statistics), new KeyValuePair<string, object?>("gen_ai.request.model", client.ModelId))),
        unit,
        description);
}
