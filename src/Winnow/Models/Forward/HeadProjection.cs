using Winnow.Compute;
using Winnow.Models.Config;
using Winnow.Models.Weights;

namespace Winnow.Models.Forward;

/// <summary>What lies between a layer's input and its attention, and between attention and its output: the forms that heads come in.</summary>
internal static class HeadProjection
{
    /// <summary>Queries, keys and values of a chunk as projections yield them.</summary>
    public static void Project(ModelConfig config, LayerWeights layer, int index, ForwardState state, PassRows rows, Matrix input)
    {
        ComputeStream stream = state.Stream;
        Matrix query = rows.Query(config.QueryHeads * config.KeyDimensionOf(index));
        if (layer.Latent is { } latent)
        {
            ProjectLatent(config, latent, index, state, rows, input, query);
            return;
        }

        bool isWide = config.AlibiBias > 0;
        int width = config.HeadDimensionOf(index);
        Matrix key = state.Key(index);
        Matrix value = state.Value(index);
        Matrix projectedQuery = isWide ? state.Room(PassRoom.Query, config.QueryHeads * width) : query;
        Matrix projectedKey = isWide ? state.Room(PassRoom.Key, config.KvHeadsOf(index) * width) : key;
        ProjectionGroup group = layer.QueryKeyValue!;
        switch (group.Projections.Length)
        {
            case 1:
                group.Apply(stream, input, [projectedQuery], rows.Steps);
                return;
            case 2:
                group.Apply(stream, input, [projectedQuery, projectedKey], rows.Steps);
                stream.Copy(projectedKey, value);
                break;
            case 3 when config.Architecture.GatesAttention:
                // What gates the results comes with the queries, head by head.
                group.Apply(stream, input, [rows.QueryGate, projectedKey, value], rows.Steps);
                stream.Copy(rows.QueryGate.ByHead(2 * width).ColumnSlice(0, width), projectedQuery.ByHead(width));
                break;
            default:
                group.Apply(stream, input, [projectedQuery, projectedKey, value], rows.Steps);
                break;
        }

        if (config.QueryKeyValueLimit > 0)
        {
            stream.Clamp(projectedQuery, config.QueryKeyValueLimit);
            stream.Clamp(projectedKey, config.QueryKeyValueLimit);
            stream.Clamp(value, config.QueryKeyValueLimit);
        }

        if (layer.ValueNorm is { } valueNorm)
        {
            stream.Normalize(valueNorm, value, value);
        }

        if (config.ValueScale != 1)
        {
            stream.Scale(value, config.ValueScale);
        }

        if (isWide)
        {
            stream.Copy(projectedQuery.ByHead(width), query.ByHead(width + AlibiColumns.Count).ColumnSlice(0, width));
            stream.Copy(projectedKey.ByHead(width), key.ByHead(width + AlibiColumns.Count).ColumnSlice(0, width));
        }
    }

    /// <summary>What the position of a token adds to its query and key besides rotation.</summary>
    /// <param name="config">The model.</param>
    /// <param name="index">The layer.</param>
    /// <param name="stream">Where operations go.</param>
    /// <param name="heads">Queries and keys of one sequence.</param>
    /// <param name="positions">The position of each row.</param>
    /// <param name="firstRow">The cache row of the first.</param>
    public static void AddPositions(ModelConfig config, int index, ComputeStream stream, HeadRows heads, ReadOnlySpan<int> positions, int firstRow)
    {
        if (config.Layers[index].Temperature is { } temperature)
        {
            for (int row = 0; row < positions.Length; row++)
            {
                if (temperature.At(positions[row]) is var factor and not 1)
                {
                    stream.Scale(heads.Query.RowSlice(row, 1), factor);
                }
            }
        }

        if (config.AlibiBias <= 0)
        {
            return;
        }

        int width = config.HeadDimensionOf(index);
        Span<float> columns = stackalloc float[AlibiColumns.Count * Math.Max(config.QueryHeads, config.KvHeadsOf(index))];
        ReadOnlySpan<float> slopes = config.AlibiSlopes;
        for (int row = 0; row < positions.Length; row++)
        {
            for (int head = 0; head < config.QueryHeads; head++)
            {
                (columns[2 * head], columns[(2 * head) + 1]) = AlibiColumns.OfQuery(slopes[head], config.AttentionScale);
            }

            Write(heads.Query, config.QueryHeads, columns, row);
            for (int head = 0; head < config.KvHeadsOf(index); head++)
            {
                (columns[2 * head], columns[(2 * head) + 1]) = AlibiColumns.OfKey(firstRow + row);
            }

            Write(heads.Key, config.KvHeadsOf(index), columns, row);
        }

        void Write(Matrix rows, int count, Span<float> values, int row) => stream.Write(
            values[..(AlibiColumns.Count * count)],
            rows.RowSlice(row, 1).ByHead(width + AlibiColumns.Count).ColumnSlice(width, AlibiColumns.Count));
    }

    /// <summary>What the output projection reads of what the heads yielded.</summary>
    public static Matrix Collect(ModelConfig config, LayerWeights layer, int index, ForwardState state, PassRows rows)
    {
        Matrix attended = rows.Attended(config.QueryHeads * config.ValueDimensionOf(index));
        ComputeStream stream = state.Stream;
        if (layer.Latent is { } latent)
        {
            LatentAttention form = config.Latent!;
            Matrix values = state.Room(PassRoom.Attended, config.QueryHeads * form.ValueDimension);
            for (int head = 0; head < config.QueryHeads; head++)
            {
                stream.MatMul(
                    latent.ValueUp[head],
                    attended.ColumnSlice(head * form.Rank, form.Rank),
                    values.ColumnSlice(head * form.ValueDimension, form.ValueDimension),
                    rows.Steps);
            }

            return values;
        }

        if (config.Architecture.GatesAttention)
        {
            int width = config.HeadDimensionOf(index);
            Matrix heads = attended.ByHead(width);
            stream.Gate(Activation.Sigmoid, rows.QueryGate.ByHead(2 * width).ColumnSlice(width, width), heads, heads);
        }

        if (layer.AttentionSubNorm is { } norm)
        {
            stream.Normalize(norm, attended, attended);
        }

        return attended;
    }

    private static void ProjectLatent(
        ModelConfig config, LatentWeights latent, int index, ForwardState state, PassRows rows, Matrix input, Matrix query)
    {
        ComputeStream stream = state.Stream;
        LatentAttention form = config.Latent!;
        int heads = config.QueryHeads;
        Matrix projected = state.Room(PassRoom.Query, heads * form.HeadDimension);
        if (latent.QueryDown is { } down)
        {
            Matrix compressed = state.Room(PassRoom.LatentQuery, form.QueryRank);
            down.Apply(stream, input, compressed, rows.Steps);
            stream.Normalize(latent.QueryNorm!, compressed, compressed);
            latent.Query.Apply(stream, compressed, projected, rows.Steps);
        }
        else
        {
            latent.Query.Apply(stream, input, projected, rows.Steps);
        }

        Matrix keyValue = state.Room(PassRoom.Key, form.Rank + form.RopeDimension);
        latent.KeyValueDown.Apply(stream, input, keyValue, rows.Steps);

        // In the cache the rotated part comes first, as rotations expect it.
        Matrix value = state.Value(index);
        Matrix key = state.Key(index);
        stream.Normalize(latent.KeyValueNorm, keyValue.ColumnSlice(0, form.Rank), value);
        stream.Copy(keyValue.ColumnSlice(form.Rank, form.RopeDimension), key.ColumnSlice(0, form.RopeDimension));
        stream.Copy(value, key.ColumnSlice(form.RopeDimension, form.Rank));
        int width = form.RopeDimension + form.Rank;
        stream.Copy(
            projected.ByHead(form.HeadDimension).ColumnSlice(form.PlainDimension, form.RopeDimension),
            query.ByHead(width).ColumnSlice(0, form.RopeDimension));
        for (int head = 0; head < heads; head++)
        {
            stream.MatMul(
                latent.KeyUp[head],
                projected.ColumnSlice(head * form.HeadDimension, form.PlainDimension),
                query.ColumnSlice((head * width) + form.RopeDimension, form.Rank),
                rows.Steps);
        }
    }
}
