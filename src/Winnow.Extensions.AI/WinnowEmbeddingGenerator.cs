using Microsoft.Extensions.AI;
using Winnow.Generation;

namespace Winnow.Extensions.AI;

/// <summary>Embeddings of a model in this process. Thread-safe.</summary>
public sealed class WinnowEmbeddingGenerator : IEmbeddingGenerator<string, Embedding<float>>
{
    private readonly Engine _engine;
    private readonly EmbeddingGeneratorMetadata _metadata;

    /// <summary>Creates a generator.</summary>
    /// <param name="engine">The model; it must outlive the generator.</param>
    /// <param name="modelId">What it is called; null for its own name.</param>
    public WinnowEmbeddingGenerator(Engine engine, string? modelId = null)
    {
        ArgumentNullException.ThrowIfNull(engine);
        _engine = engine;
        _metadata = new EmbeddingGeneratorMetadata("winnow", null, modelId ?? engine.Model.Name, engine.Model.HiddenSize);
    }

    /// <inheritdoc/>
    /// <exception cref="NotSupportedException">The options ask for another model or another number of dimensions.</exception>
    /// <exception cref="ContextOverflowException">A text is longer than the model's context.</exception>
    public async Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
        IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(values);
        if (options?.Dimensions is { } dimensions && dimensions != _engine.Model.HiddenSize)
        {
            throw new NotSupportedException($"{nameof(options.Dimensions)}: the model's embeddings have {_engine.Model.HiddenSize} dimensions, not {dimensions}");
        }

        if (options?.ModelId is { } model && model != _metadata.DefaultModelId && model != _engine.Model.Name)
        {
            throw new NotSupportedException($"{nameof(options.ModelId)}: this generator has the model '{_metadata.DefaultModelId}', not '{model}'");
        }

        GeneratedEmbeddings<Embedding<float>> embeddings = [];
        long tokens = 0;
        foreach (string value in values)
        {
            ArgumentNullException.ThrowIfNull(value, nameof(values));
            float[] vector = await _engine.EmbedAsync(value, cancellationToken).ConfigureAwait(false);
            tokens += _engine.Tokenizer.Encode(value, addSpecial: true, cancellationToken: cancellationToken).Length;
            embeddings.Add(new Embedding<float>(vector) { CreatedAt = DateTimeOffset.UtcNow, ModelId = _metadata.DefaultModelId });
        }

        embeddings.Usage = new UsageDetails { InputTokenCount = tokens, TotalTokenCount = tokens };
        return embeddings;
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is not null ? null
            : serviceType == typeof(EmbeddingGeneratorMetadata) ? _metadata
            : serviceType == typeof(Engine) ? _engine
            : serviceType.IsInstanceOfType(this) ? this
            : null;
    }

    /// <summary>Does nothing: the engine is its owner's.</summary>
    public void Dispose()
    {
    }
}
