using Winnow.Compute;
using Winnow.Models;
using Winnow.Models.Forward;
using Winnow.Retrieval.Features;

namespace Winnow.Lab.Calibration.S3;

/// <summary>Collects the keys of some heads over a corpus, and the mean and spread of the queries that read them.</summary>
internal sealed class KeyHarvest : ForwardObserver
{
    private readonly ModelInfo _model;
    private readonly Dictionary<KeyProjection, Collected> _collected;
    private readonly int _capacity;

    /// <param name="model">Its heads.</param>
    /// <param name="projections">The heads to look at.</param>
    /// <param name="capacity">Tokens at most.</param>
    public KeyHarvest(ModelInfo model, IEnumerable<KeyProjection> projections, int capacity)
    {
        _model = model;
        _capacity = capacity;
        _collected = projections.ToDictionary(projection => projection, _ => new Collected(capacity, model.HeadDimension));
        LastLayer = _collected.Keys.Max(projection => projection.Layer);
    }

    public override int? LastLayer { get; }

    /// <summary>The keys of a head, [tokens, headDimension].</summary>
    public ReadOnlySpan<float> Keys(KeyProjection projection) =>
        _collected[projection].Keys.AsSpan(0, _collected[projection].Count * _model.HeadDimension);

    /// <summary>How its queries are distributed.</summary>
    public FeatureScale QueryScale(KeyProjection projection) => FeatureScale.Of(
        _collected[projection].Queries.AsSpan(0, _collected[projection].Count * _model.HeadDimension), _model.HeadDimension);

    public override void ObserveHeads(ComputeStream stream, int layer, int firstPosition, Matrix queries, Matrix keys)
    {
        KeyProjection[] here = [.. _collected.Keys.Where(projection => projection.Layer == layer)];
        // The begin-of-text token is like no other.
        int skip = firstPosition == 0 ? 1 : 0;
        if (here.Length == 0 || keys.Rows <= skip)
        {
            return;
        }

        int width = _model.HeadDimension;
        Matrix keyRows = keys.RowSlice(skip, keys.Rows - skip);
        Matrix queryRows = queries.RowSlice(skip, keys.Rows - skip);
        float[] keyValues = new float[keyRows.Rows * keyRows.Columns];
        float[] queryValues = new float[queryRows.Rows * queryRows.Columns];
        stream.Read(keyRows, keyValues);
        stream.Read(queryRows, queryValues);
        foreach (KeyProjection projection in here)
        {
            Collected collected = _collected[projection];
            int rows = Math.Min(keyRows.Rows, _capacity - collected.Count);
            projection.GatherKeys(
                keyValues.AsSpan(0, rows * keyRows.Columns), _model.KvHeads, width, collected.Keys.AsSpan(collected.Count * width));
            projection.GatherQueries(
                queryValues.AsSpan(0, rows * queryRows.Columns), _model.QueryHeads, _model.KvHeads, width, collected.Queries.AsSpan(collected.Count * width));
            collected.Count += rows;
        }
    }

    private sealed class Collected(int capacity, int width)
    {
        public float[] Keys { get; } = new float[capacity * width];

        public float[] Queries { get; } = new float[capacity * width];

        public int Count { get; set; }
    }
}
