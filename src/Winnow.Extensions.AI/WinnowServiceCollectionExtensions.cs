using System.Diagnostics;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Winnow.Generation;
using Winnow.Scheduling;

namespace Winnow.Extensions.AI;

/// <summary>Adds a model to an application's services.</summary>
public static class WinnowServiceCollectionExtensions
{
    /// <summary>
    /// Adds <see cref="IChatClient"/>, <see cref="IEmbeddingGenerator{String, Embedding}"/>, and what is below them: <see cref="WinnowChatClient"/>,
    /// <see cref="Scheduler"/>, <see cref="Engine"/>. The model is loaded when one of them is first asked for.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Sets the options.</param>
    public static IServiceCollection AddWinnow(this IServiceCollection services, Action<WinnowOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        services.AddOptions<WinnowOptions>().Configure(configure).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<WinnowOptions>, WinnowOptionsValidator>());
        services.TryAddSingleton(Load);
        services.TryAddSingleton(provider => new Scheduler(provider.GetRequiredService<Engine>(), OptionsOf(provider).ToSchedulerOptions()));
        services.TryAddSingleton(provider => new WinnowChatClient(
            provider.GetRequiredService<Scheduler>(),
            new WinnowChatClientOptions { ModelId = OptionsOf(provider).ModelId },
            provider.GetService<ILogger<WinnowChatClient>>()));
        services.TryAddSingleton<IChatClient>(provider => provider.GetRequiredService<WinnowChatClient>());
        services.TryAddSingleton<IEmbeddingGenerator<string, Embedding<float>>>(
            provider => new WinnowEmbeddingGenerator(provider.GetRequiredService<Engine>(), OptionsOf(provider).ModelId));
        services.TryAddSingleton<WinnowHealthCheck>();
        return services;
    }

    /// <summary>Adds a model with the options of a section of the configuration.</summary>
    /// <param name="services">The services.</param>
    /// <param name="section">The section, with the names of <see cref="WinnowOptions"/> as keys.</param>
    /// <inheritdoc cref="AddWinnow(IServiceCollection, Action{WinnowOptions})"/>
    public static IServiceCollection AddWinnow(this IServiceCollection services, IConfiguration section)
    {
        ArgumentNullException.ThrowIfNull(section);
        return services.AddWinnow(options => options.Read(section));
    }

    private static WinnowOptions OptionsOf(IServiceProvider provider) => provider.GetRequiredService<IOptions<WinnowOptions>>().Value;

    private static Engine Load(IServiceProvider provider)
    {
        WinnowOptions options = OptionsOf(provider);
        ILogger logger = provider.GetService<ILogger<WinnowChatClient>>() ?? NullLogger<WinnowChatClient>.Instance;
        long start = Stopwatch.GetTimestamp();
        Engine engine = Engine.Load(options.ModelPath, options.ToEngineOptions());
        logger.Loaded(
            engine.Model.Name, options.ModelPath, Stopwatch.GetElapsedTime(start).TotalMilliseconds, engine.Model.Architecture, engine.Model.Quantization, engine.Placement[^1].Name);
        foreach (string note in engine.NotesFor(options.ToSchedulerOptions().Session.Attention))
        {
            logger.AttentionNote(note);
        }

        return engine;
    }
}
