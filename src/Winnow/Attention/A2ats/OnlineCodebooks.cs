using System.Buffers;
using Winnow.Compute;

namespace Winnow.Attention.A2ats;

/// <summary>Makes the codebooks of a layer from what a session has read itself, so that no calibration is needed.</summary>
/// <remarks>
/// Deviation: the paper's codebooks come from other text. These see the very keys that they stand for, and are smaller and
/// less carefully fitted, because a user is waiting. They are made at the end of a prompt, and again when the context has
/// grown to four times its length, until it is long enough for the sample to change little.
/// </remarks>
internal sealed class OnlineCodebooks
{
    /// <summary>Centroids unless said otherwise.</summary>
    private const int DefaultCentroids = 1024;

    /// <summary>Tokens below which choosing costs more than reading everything.</summary>
    private const int LeastTokens = 512;

    /// <summary>Keys of a head that are looked at, evenly spread over the context.</summary>
    private const int SampledKeys = 8192;

    /// <summary>A context that has grown by this factor since the last time is looked at again.</summary>
    private const int Growth = 4;

    /// <summary>Every so many tokens give their queries.</summary>
    private const int QueryStep = 4;

    private const int Iterations = 8;
    private const int Seed = 1;

    private readonly AttentionShape _shape;
    private readonly ConstantRotation _rotation;
    private readonly int _centroids;
    private readonly QueryMoments[] _moments;
    private readonly float[] _query;

    /// <param name="shape">The layer's heads.</param>
    /// <param name="rotation">By the constant.</param>
    /// <param name="centroids">Centroids of a codebook; null for 1024.</param>
    public OnlineCodebooks(AttentionShape shape, ConstantRotation rotation, int? centroids)
    {
        _shape = shape;
        _rotation = rotation;
        _centroids = centroids ?? DefaultCentroids;
        _moments = [.. Enumerable.Range(0, shape.KvHeads).Select(_ => new QueryMoments(shape.HeadDimension))];
        _query = new float[shape.HeadDimension];
    }

    /// <summary>Takes queries in.</summary>
    /// <param name="firstPosition">The position of query 0.</param>
    /// <param name="queries">Before rotation, [tokens, queryHeads · headDimension].</param>
    /// <param name="tokens">How many.</param>
    public void AddQueries(int firstPosition, ReadOnlySpan<float> queries, int tokens)
    {
        int dimension = _shape.HeadDimension;
        for (int token = (QueryStep - (firstPosition % QueryStep)) % QueryStep; token < tokens; token += QueryStep)
        {
            for (int head = 0; head < _shape.QueryHeads; head++)
            {
                queries.Slice(((token * _shape.QueryHeads) + head) * dimension, dimension).CopyTo(_query);
                _rotation.Rotate(_query);
                _moments[head / _shape.GroupSize].Add(_query);
            }
        }
    }

    /// <summary>Whether it is time to make codebooks.</summary>
    /// <param name="length">Tokens in the cache.</param>
    /// <param name="trainedLength">Tokens in the cache when it was done last; 0 for never.</param>
    public static bool IsDue(int length, int trainedLength) =>
        length >= LeastTokens && (trainedLength == 0 || (!IsFinal(trainedLength) && length >= Growth * trainedLength));

    /// <summary>Whether codebooks that were made from so many tokens are the last ones.</summary>
    public static bool IsFinal(int trainedLength) => trainedLength >= SampledKeys;

    /// <summary>Writes down what the queries so far came to.</summary>
    public void Mark(StateBuffer mark)
    {
        foreach (QueryMoments moments in _moments)
        {
            moments.Mark(mark);
        }
    }

    /// <summary>Comes back to the queries at a mark.</summary>
    public void Return(ref StateReader mark)
    {
        foreach (QueryMoments moments in _moments)
        {
            moments.Return(ref mark);
        }
    }

    /// <summary>Makes the codebook of each KV head; null where queries hold what no codebook can be made from, such as NaN: everything is read then.</summary>
    /// <param name="stream">Whose threads work.</param>
    /// <param name="cache">The layer's rows.</param>
    /// <param name="keys">Reads them.</param>
    /// <param name="length">Tokens in the cache.</param>
    public Codebook[]? Train(ComputeStream stream, KvLayer cache, CachedKeys keys, int length)
    {
        int step = (length + SampledKeys - 1) / SampledKeys;
        int count = (length + step - 1) / step;
        int elements = count * _shape.KvHeads * _shape.HeadDimension;

        // Shared by the layers, which are trained one after the other.
        float[] sample = ArrayPool<float>.Shared.Rent(elements);
        keys.Read(cache, 0, step, sample.AsSpan(0, elements));
        Work work = new(this, sample, count);
        stream.RunOnHost(work, _shape.KvHeads);
        ArrayPool<float>.Shared.Return(sample);
        return Array.TrueForAll(work.Codebooks, codebook => codebook is not null) ? [.. work.Codebooks!] : null;
    }

    private sealed class Work(OnlineCodebooks owner, float[] sample, int count) : IHostWork
    {
        public Codebook?[] Codebooks { get; } = new Codebook?[owner._shape.KvHeads];

        public void Run(int part)
        {
            AttentionShape shape = owner._shape;
            int dimension = shape.HeadDimension;
            float[] keys = new float[count * dimension];
            for (int i = 0; i < count; i++)
            {
                sample.AsSpan(((i * shape.KvHeads) + part) * dimension, dimension).CopyTo(keys.AsSpan(i * dimension));
            }

            // A centroid for fewer than four keys tells nothing apart that the keys themselves do not.
            int centroids = Math.Min(owner._centroids, count / 4);
            try
            {
                Codebooks[part] = new Codebook(CodebookData.Train(keys, owner._moments[part].Normalized(), dimension, centroids, Iterations, Seed));
            }
            catch (NotPositiveDefiniteException)
            {
                // Stays null.
            }
        }
    }
}
