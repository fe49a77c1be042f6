using Winnow.Documents;
using Winnow.Generation;
using Winnow.Retrieval.Features;
using Winnow.Retrieval.Storage;

namespace Winnow.Retrieval;

/// <summary>Reads a document once, from its beginning to its end, and hands out finished blocks: memory does not grow with the document.</summary>
internal sealed class DocumentScanner : IDisposable
{
    private readonly Engine _engine;
    private readonly FeatureModel? _model;
    private readonly IndexOptions _options;
    private readonly KeyScan? _scan;

    /// <param name="engine">The model.</param>
    /// <param name="model">Its autoencoders; null to index words only.</param>
    /// <param name="options">Chunks and pruning.</param>
    public DocumentScanner(Engine engine, FeatureModel? model, IndexOptions options)
    {
        _engine = engine;
        _model = model;
        _options = options;
        _scan = model is null ? null : new KeyScan(engine, model.Autoencoders, ofQueries: false, options.ChunkTokens);
    }

    /// <summary>The blocks of a document.</summary>
    public IEnumerable<byte[]> Scan(Document source, IProgress<IndexProgress>? progress, CancellationToken cancellation)
    {
        using TextReader reader = source.Open();
        BlockBuilder block = new();
        long tokens = 0;
        long characters = 0;
        foreach (TextPiece piece in TextPieces.Read(reader, _engine.Tokenizer))
        {
            cancellation.ThrowIfCancellationRequested();
            if (block.Tokens.Count + piece.Ids.Length > PostingList.MaxPositions)
            {
                yield return Finish(block);
                tokens += block.Tokens.Count;
                characters += block.Characters;
                block = new BlockBuilder();
            }

            block.Add(piece.Text, piece.Ids, piece.Ends);
        }

        if (block.Tokens.Count > 0)
        {
            yield return Finish(block);
        }

        byte[] Finish(BlockBuilder builder)
        {
            int[] ids = [.. builder.Tokens];
            int[][] features = [.. (_model?.Autoencoders ?? []).Select(autoencoder => new int[ids.Length * autoencoder.Active])];
            double share = source.Size is { } size and > 0 ? Math.Min(1, (double)builder.Characters / size) : 0;
            double before = source.Size is { } all and > 0 ? Math.Min(1, (double)characters / all) : 0;
            _scan?.Run(
                ids,
                (first, count, offset, observer) =>
                {
                    for (int i = 0; i < features.Length; i++)
                    {
                        int active = _model!.Autoencoders[i].Active;
                        observer.Features[i].AsSpan(offset * active, count * active).CopyTo(features[i].AsSpan(first * active));
                    }

                    progress?.Report(new IndexProgress(source.Name, tokens + first + count, before + (share * (first + count) / ids.Length)));
                },
                cancellation);
            return builder.Build(
                features,
                [.. (_model?.Autoencoders ?? []).Select(autoencoder => autoencoder.Active)],
                [.. (_model?.Autoencoders ?? []).Select(autoencoder => autoencoder.Latents)],
                _options.PruneAbove);
        }
    }

    public void Dispose() => _scan?.Dispose();
}
