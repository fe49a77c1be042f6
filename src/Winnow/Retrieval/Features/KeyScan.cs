using Winnow.Generation;

namespace Winnow.Retrieval.Features;

/// <summary>Runs a model over tokens in independent chunks and hands out their features; keys and values are dropped after each chunk.</summary>
/// <remarks>
/// S³-Attention, section 3: a chunk does not see the ones before it, so that cost and memory do not depend on the length of the
/// text. Each chunk begins with the model's begin-of-text token, which takes up the attention that has nowhere else to go.
/// Used by one thread at a time.
/// </remarks>
internal sealed class KeyScan : IDisposable
{
    private readonly FeatureObserver _observer;
    private readonly TokenReader _reader;
    private readonly int[] _chunk;
    private readonly int _first;

    /// <param name="engine">The model.</param>
    /// <param name="autoencoders">What to encode with.</param>
    /// <param name="ofQueries">Whether queries are encoded instead of keys.</param>
    /// <param name="chunkTokens">Tokens that see each other.</param>
    public KeyScan(Engine engine, IReadOnlyList<KeyAutoencoder> autoencoders, bool ofQueries, int chunkTokens)
    {
        int? begin = engine.Tokenizer.AddBos ? engine.Tokenizer.BosId : null;
        _first = begin is null ? 0 : 1;
        int room = Math.Min(chunkTokens + _first, engine.Model.ContextLength);
        _chunk = new int[room];
        _chunk[0] = begin ?? 0;
        _observer = new FeatureObserver(engine.Layers, engine.Model, autoencoders, ofQueries);
        _observer.Begin(room);
        _reader = engine.CreateReader(room);
        _reader.Observer = _observer;
    }

    /// <summary>Computes the features of tokens.</summary>
    /// <param name="tokens">The tokens of a text.</param>
    /// <param name="visit">Called after each chunk with the tokens that are done and the chunk's observer: row <c>offset</c> is the chunk's first token.</param>
    /// <param name="cancellation">Looked at between chunks and layers.</param>
    public void Run(ReadOnlySpan<int> tokens, KeyScanVisitor visit, CancellationToken cancellation)
    {
        int length = _chunk.Length - _first;
        for (int first = 0; first < tokens.Length; first += length)
        {
            cancellation.ThrowIfCancellationRequested();
            int count = Math.Min(length, tokens.Length - first);
            tokens.Slice(first, count).CopyTo(_chunk.AsSpan(_first));
            _reader.Truncate(0);
            _reader.Read(_chunk.AsSpan(0, _first + count), cancellation);
            visit(first, count, _first, _observer);
        }
    }

    public void Dispose()
    {
        _reader.Dispose();
        _observer.Dispose();
    }
}
