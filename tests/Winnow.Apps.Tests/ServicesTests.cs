using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Winnow.Extensions.AI;
using Winnow.Generation;
using Winnow.Scheduling;

namespace Winnow.Apps.Tests;

/// <summary>The model among an application's services, under the middlewares of Microsoft.Extensions.AI as they are.</summary>
public sealed class ServicesTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_application_asks_for_the_interfaces_and_gets_the_model()
    {
        ServiceCollection services = new();
        EventLog log = new();
        services.AddLogging(builder => builder.SetMinimumLevel(LogLevel.Debug).AddProvider(log));
        services.AddWinnow(options =>
        {
            options.ModelPath = LabEngine.ModelPath;
            options.ModelId = "lab";
            options.Threads = 2;
            options.ContextLength = 2048;
        });
        services.AddHealthChecks().AddCheck<WinnowHealthCheck>("winnow");
        await using ServiceProvider provider = services.BuildServiceProvider();
        IChatClient client = provider.GetRequiredService<IChatClient>();
        ChatResponse response = await client.GetResponseAsync("Hello", new ChatOptions { MaxOutputTokens = 4, AdditionalProperties = new() { ["atention"] = "full" } }, Stop);
        Assert.Equal("lab", response.ModelId);
        Assert.Equal(2048, provider.GetRequiredService<Scheduler>().ContextLength);
        Assert.Same(client, provider.GetRequiredService<WinnowChatClient>());
        Assert.Equal([1, 12, 10], log.Events);
        Assert.Contains(log.Lines, line => line.Contains("'atention'", StringComparison.Ordinal));

        GeneratedEmbeddings<Embedding<float>> embeddings = await provider.GetRequiredService<IEmbeddingGenerator<string, Embedding<float>>>()
            .GenerateAsync(["harbour", "mill", "harbour"], cancellationToken: Stop);
        Engine engine = provider.GetRequiredService<Engine>();
        Assert.Equal(await engine.EmbedAsync("mill", Stop), embeddings[1].Vector.ToArray());
        Assert.Equal(embeddings[0].Vector.ToArray(), embeddings[2].Vector.ToArray());
        Assert.Equal(engine.Model.HiddenSize, embeddings[0].Dimensions);
        Assert.InRange(embeddings.Usage!.InputTokenCount!.Value, 3, 30);

        HealthReport report = await provider.GetRequiredService<HealthCheckService>().CheckHealthAsync(Stop);
        Assert.Equal(HealthStatus.Healthy, report.Status);
        await provider.GetRequiredService<Scheduler>().DrainAsync(Stop);
        Assert.Equal(HealthStatus.Unhealthy, (await provider.GetRequiredService<HealthCheckService>().CheckHealthAsync(Stop)).Status);
    }

    [Fact]
    public void Options_come_from_configuration_and_say_all_that_is_wrong()
    {
        ServiceProvider Of(params (string Key, string Value)[] values) => new ServiceCollection()
            .AddWinnow(new ConfigurationBuilder().AddInMemoryCollection(values.ToDictionary(pair => $"Winnow:{pair.Key}", pair => (string?)pair.Value)).Build().GetSection("Winnow"))
            .BuildServiceProvider();

        using ServiceProvider good = Of(("modelPath", LabEngine.ModelPath), ("kvType", "q8_0"), ("Attention", "recycled"), ("QueueLimit", "3"), ("KvBudgetBytes", "1000000000"));
        Assert.Equal(3, good.GetRequiredService<Scheduler>().Options.QueueLimit);
        Assert.StartsWith("recycled:", good.GetRequiredService<Scheduler>().Options.Session.Attention.ToString(), StringComparison.Ordinal);
        using ServiceProvider bad = Of(("ModelPath", "/nowhere.gguf"), ("KvType", "q9"), ("MaxConcurrency", "0"));
        OptionsValidationException error = Assert.Throws<OptionsValidationException>(() => bad.GetRequiredService<IChatClient>());
        Assert.Equal(2, error.Failures.Count());
        Assert.Contains("/nowhere.gguf", error.Message, StringComparison.Ordinal);
        Assert.Contains("KvType is 'q9'", error.Message, StringComparison.Ordinal);
        using ServiceProvider unknown = Of(("ModelPath", LabEngine.ModelPath), ("Treads", "2"));
        Assert.Contains("Winnow:Treads", Assert.ThrowsAny<ArgumentException>(() => unknown.GetRequiredService<IChatClient>()).Message, StringComparison.Ordinal);
        using ServiceProvider empty = Of();
        Assert.Contains("ModelPath is missing", Assert.Throws<OptionsValidationException>(() => empty.GetRequiredService<IChatClient>()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Caching_telemetry_and_function_invocation_drive_the_client_unchanged()
    {
        List<Activity> activities = [];
        using ActivityListener listener = new()
        {
            ShouldListenTo = source => source.Name is "Winnow" or "Apps.Tests",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity => { lock (activities) { activities.Add(activity); } },
        };
        ActivitySource.AddActivityListener(listener);
        using WinnowChatClient inner = await WinnowChatClient.LoadAsync(LabEngine.ModelPath, new EngineOptions { Threads = 2 }, cancellationToken: Stop);
        MemoryDistributedCache cache = new(Options.Create(new MemoryDistributedCacheOptions()));
        using IChatClient client = inner.AsBuilder()
            .UseFunctionInvocation()
            .UseDistributedCache(cache)
            .UseOpenTelemetry(sourceName: "Apps.Tests")
            .UseLogging(LoggerFactory.Create(_ => { }))
            .Build();
        ChatOptions options = new() { MaxOutputTokens = 6, Temperature = 0, Tools = [AIFunctionFactory.Create((string town) => "rain", "Weather")] };
        ChatResponse first = await client.GetResponseAsync("How is the weather?", options, Stop);
        ChatResponse second = await client.GetResponseAsync("How is the weather?", options, Stop);
        Assert.Equal(first.Text, second.Text);
        Assert.Equal(first.ResponseId, second.ResponseId);
        Assert.Equal(1, inner.Scheduler.Statistics.Completed);
        List<ChatResponseUpdate> updates = await client.GetStreamingResponseAsync("Other", options, Stop).ToListAsync(Stop);
        Assert.NotEmpty(string.Concat(updates.Select(update => update.Text)));
        Activity client1 = activities.First(activity => activity.Source.Name == "Apps.Tests");
        Activity server = activities.First(activity => activity.Source.Name == "Winnow" && activity.TraceId == client1.TraceId);
        Assert.Equal(client1.GetTagItem("gen_ai.usage.input_tokens"), server.GetTagItem("gen_ai.usage.input_tokens"));
        Assert.Equal("chat", server.GetTagItem("gen_ai.operation.name"));
    }

    [Fact]
    public async Task The_meter_counts_what_was_computed()
    {
        Dictionary<string, double> sums = [];
        using MeterListener listener = new();
        listener.InstrumentPublished = (instrument, meters) =>
        {
            if (instrument.Meter.Name == "Winnow")
            {
                meters.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Note(instrument, value, tags));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Note(instrument, value, tags));
        listener.Start();
        using WinnowChatClient client = await WinnowChatClient.LoadAsync(
            LabEngine.ModelPath, new EngineOptions { Threads = 2 }, new WinnowChatClientOptions { ModelId = "metered" }, cancellationToken: Stop);
        ChatResponse response = await client.GetResponseAsync("Hello", new ChatOptions { MaxOutputTokens = 5, Temperature = 0 }, Stop);
        listener.RecordObservableInstruments();
        lock (sums)
        {
            Assert.Equal(response.Usage!.OutputTokenCount, (long)sums["winnow.generated_tokens"]);
            Assert.Equal(response.Usage.InputTokenCount, (long)sums["winnow.prompt_tokens"]);
            Assert.True(sums["gen_ai.server.time_to_first_token"] <= sums["gen_ai.server.request.duration"]);
            Assert.Equal(client.Scheduler.Statistics.PrefixCacheBytes, (long)sums["winnow.prefix_cache.bytes"]);
        }

        void Note(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            foreach (KeyValuePair<string, object?> tag in tags)
            {
                if (tag is { Key: "gen_ai.request.model", Value: "metered" })
                {
                    lock (sums)
                    {
                        sums[instrument.Name] = sums.GetValueOrDefault(instrument.Name) + value;
                    }
                }
            }
        }
    }

    private sealed class EventLog : ILoggerProvider, ILogger
    {
        public List<int> Events { get; } = [];

        public List<string> Lines { get; } = [];

        public ILogger CreateLogger(string categoryName) => categoryName.StartsWith("Winnow", StringComparison.Ordinal) ? this : Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            Events.Add(eventId.Id);
            Lines.Add(formatter(state, exception));
        }

        public void Dispose()
        {
        }
    }
}
