using System.Numerics.Tensors;
using Winnow.Compute;
using Winnow.Documents;
using Winnow.Generation;
using Winnow.Models;
using Winnow.Models.Forward;
using Winnow.Retrieval;
using Winnow.Retrieval.Features;
using Winnow.Retrieval.Search;

namespace Winnow.Lab.Calibration.S3;

/// <summary>Finds the heads whose unrotated queries and keys point at evidence, before anything is trained.</summary>
/// <remarks>
/// A question's queries are compared with a document's keys directly, for every head of every layer: most heads find nothing,
/// a few (the retrieval heads of the literature) find nearly everything, and the mean over heads that the paper's notation
/// suggests loses what its best head knows (docs/s3.md). Which of them a model gets is measured on that model: the means are tried
/// as well.
/// </remarks>
internal static class HeadRanking
{
    /// <summary>Products count from so many standard deviations above the mean on: about what a sparse code keeps.</summary>
    private const float Threshold = 2.5f;

    private const int ChunkTokens = 1024;

    /// <summary>The recall of each head over some trials.</summary>
    public static Dictionary<KeyProjection, double> Measure(
        Engine engine, IReadOnlyList<RetrievalTrial> trials, IReadOnlyList<KeyProjection> projections, Action<double> progress, CancellationToken cancellation)
    {
        Dictionary<KeyProjection, double> recall = projections.ToDictionary(projection => projection, _ => 0.0);
        for (int i = 0; i < trials.Count; i++)
        {
            RetrievalTrial trial = trials[i];
            using DocumentIndex index = DocumentIndex.Build(
                engine, [Document.FromText("trial", trial.Document)], null, new IndexOptions { WordsOnly = true }, null, cancellation);
            IReadOnlyList<int> document = [.. TextPieces.Read(new StringReader(trial.Document), engine.Tokenizer).SelectMany(piece => piece.Ids)];
            QueryRecorder queries = new(engine.Model, projections);
            Run(engine, engine.Tokenizer.Encode(trial.Question, cancellationToken: cancellation), queries, _ => { }, cancellation);
            KeyComparer keys = new(engine.Model, queries, document.Count);
            Run(engine, document, keys, first => keys.First = first, cancellation);
            foreach (KeyProjection projection in projections)
            {
                recall[projection] += trial.Recall(index.State, keys.Density(projection)) / trials.Count;
            }

            progress((double)(i + 1) / trials.Count);
        }

        return recall;
    }

    private static void Run(Engine engine, IReadOnlyList<int> tokens, ForwardObserver observer, Action<int> begin, CancellationToken cancellation)
    {
        int? bos = engine.Tokenizer.AddBos ? engine.Tokenizer.BosId : null;
        int chunk = Math.Min(ChunkTokens, engine.Model.ContextLength - 1);
        using TokenReader reader = engine.CreateReader(Math.Min(chunk, tokens.Count) + 1);
        reader.Observer = observer;
        for (int first = 0; first < tokens.Count; first += chunk)
        {
            int[] ids = [.. bos is { } id ? [id] : Array.Empty<int>(), .. tokens.Skip(first).Take(chunk)];
            begin(first - (bos is null ? 0 : 1));
            reader.Truncate(0);
            reader.Read(ids, cancellation);
        }
    }

    /// <summary>Keeps the queries of a question.</summary>
    private sealed class QueryRecorder(ModelInfo model, IReadOnlyList<KeyProjection> projections) : ForwardObserver
    {
        public Dictionary<KeyProjection, float[]> Queries { get; } = [];

        public override void ObserveHeads(ComputeStream stream, int layer, int firstPosition, Matrix queries, Matrix keys)
        {
            float[] rows = new float[queries.Rows * queries.Columns];
            stream.Read(queries, rows);
            foreach (KeyProjection projection in projections.Where(projection => projection.Layer == layer))
            {
                float[] vectors = new float[queries.Rows * model.HeadDimension];
                projection.GatherQueries(rows, model.QueryHeads, model.KvHeads, model.HeadDimension, vectors);
                Queries[projection] = Queries.TryGetValue(projection, out float[]? before) ? [.. before, .. vectors] : vectors;
            }
        }
    }

    /// <summary>Multiplies keys with the queries as they come: neither is kept for the whole document.</summary>
    private sealed class KeyComparer(ModelInfo model, QueryRecorder question, int tokens) : ForwardObserver
    {
        private readonly Dictionary<KeyProjection, float[][]> _products = [];

        /// <summary>The number of the token at position 0 of the pass.</summary>
        public int First { get; set; }

        public override void ObserveHeads(ComputeStream stream, int layer, int firstPosition, Matrix queries, Matrix keys)
        {
            float[] rows = new float[keys.Rows * keys.Columns];
            stream.Read(keys, rows);
            int width = model.HeadDimension;
            float[] vectors = new float[keys.Rows * width];
            foreach ((KeyProjection projection, float[] asked) in question.Queries.Where(item => item.Key.Layer == layer))
            {
                projection.GatherKeys(rows, model.KvHeads, width, vectors);
                if (!_products.TryGetValue(projection, out float[][]? products))
                {
                    _products[projection] = products = [.. Enumerable.Range(0, asked.Length / width).Select(_ => new float[tokens])];
                }

                for (int row = 0; row < keys.Rows; row++)
                {
                    int token = First + firstPosition + row;
                    for (int i = 0; i < products.Length && token >= 0; i++)
                    {
                        products[i][token] = TensorPrimitives.Dot(asked.AsSpan(i * width, width), vectors.AsSpan(row * width, width));
                    }
                }
            }
        }

        /// <summary>Smoothed sums of what stands out among each query's products.</summary>
        public float[] Density(KeyProjection projection)
        {
            float[] density = new float[tokens];
            foreach (float[] products in _products[projection])
            {
                float mean = TensorPrimitives.Sum<float>(products) / tokens;
                float deviation = MathF.Sqrt(Math.Max(1e-12f, (TensorPrimitives.SumOfSquares<float>(products) / tokens) - (mean * mean)));
                for (int token = 0; token < tokens; token++)
                {
                    float height = (products[token] - mean) / deviation;
                    density[token] += height > Threshold ? height : 0;
                }
            }

            Smoothing.Apply(density);
            return density;
        }
    }
}
