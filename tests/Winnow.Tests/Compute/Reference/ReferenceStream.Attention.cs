using Winnow.Compute;
using Winnow.Compute.Host.Selection;

namespace Winnow.Tests.Compute.Reference;

internal sealed partial class ReferenceStream
{
    protected override void RopeCore(Matrix rows, int headDimension, RopeFrequencies frequencies, ReadOnlySpan<int> positions)
    {
        int pairs = frequencies.InverseFrequencies.Length;
        for (int t = 0; t < rows.Rows; t++)
        {
            for (int first = 0; first < rows.Columns; first += headDimension)
            {
                Span<float> head = Row(rows, t).Slice(first, headDimension);
                for (int i = 0; i < pairs; i++)
                {
                    float angle = positions[t] * frequencies.InverseFrequencies[i];
                    double sine = Math.Sin(angle) * frequencies.Magnitude;
                    double cosine = Math.Cos(angle) * frequencies.Magnitude;
                    (int x, int y) = frequencies.Interleaved ? (2 * i, (2 * i) + 1) : (i, i + pairs);
                    (head[x], head[y]) = ((float)((head[x] * cosine) - (head[y] * sine)), (float)((head[y] * cosine) + (head[x] * sine)));
                }
            }
        }
    }

    protected override void AppendCore(KvLayer layer, Matrix keys, Matrix values, int firstPosition)
    {
        KvLayout layout = layer.Layout;
        for (int t = 0; t < keys.Rows; t++)
        {
            for (int head = 0; head < layout.KvHeads; head++)
            {
                Span<byte> pair = KeyAndValue(layer, head, Positions(layer, head, firstPosition + t + 1).ToList().IndexOf(firstPosition + t));
                ReferenceRow.Encode(layout.KeyType, Row(keys, t).Slice(head * layout.KeyDimension, layout.KeyDimension), pair[..layout.KeyBytes]);
                ReferenceRow.Encode(layout.ValueType, Row(values, t).Slice(head * layout.ValueDimension, layout.ValueDimension), pair[layout.KeyBytes..]);
            }
        }
    }

    protected override void AttendCore(
        AttentionShape shape, Matrix queries, KvLayer layer, int firstPosition, AttentionPlan plan, bool isStep, Matrix output, Matrix? mass)
    {
        plan = HostPlan.Resolve(plan, ref mass);
        Clear(mass);
        for (int t = 0; t < queries.Rows; t++)
        {
            int position = firstPosition + t;
            for (int head = 0; head < shape.QueryHeads; head++)
            {
                int kvHead = head / shape.GroupSize;
                int[] rows = VisibleRows(shape, layer, plan, head, position, firstPosition + queries.Rows);
                double[] weights = Softmax(shape, layer, head, Head(queries, t, head, shape.HeadDimension), rows);
                WeightedValues(layer, kvHead, rows, weights, Head(output, t, head, shape.ValueDimension));
                AddMass(mass, head, rows, weights, queries.Rows);
            }
        }
    }

    protected override void AttentionMassCore(AttentionShape shape, Matrix queries, KvLayer layer, int firstPosition, Matrix mass)
    {
        Clear(mass);
        for (int t = 0; t < queries.Rows; t++)
        {
            for (int head = 0; head < shape.QueryHeads; head++)
            {
                int[] rows = VisibleRows(shape, layer, AttentionPlan.All, head, firstPosition + t, firstPosition + queries.Rows);
                AddMass(mass, head, rows, Softmax(shape, layer, head, Head(queries, t, head, shape.HeadDimension), rows), queries.Rows);
            }
        }
    }

    /// <summary>The plan's rows, less those that a query at this position does not see; none for a query that is left out.</summary>
    private static int[] VisibleRows(AttentionShape shape, KvLayer layer, AttentionPlan plan, int head, int position, int length)
    {
        int[] positions = Positions(layer, head / shape.GroupSize, length);
        int[] named = plan.Kind switch
        {
            AttentionPlanKind.All => [.. Enumerable.Range(0, positions.Length)],
            AttentionPlanKind.Shared => plan.Rows(0).ToArray(),
            AttentionPlanKind.PerKvHead => plan.Rows(head / shape.GroupSize).ToArray(),
            AttentionPlanKind.PerQueryHead => plan.Rows(head).ToArray(),
            _ => throw new ArgumentOutOfRangeException(nameof(plan)),
        };
        bool attends = !plan.SelectsQueries || named.Contains(position);
        return attends ? [.. named.Where(row => row < positions.Length && Sees(shape, position, positions[row]))] : [];
    }

    private static bool Sees(AttentionShape shape, int query, int key) =>
        (!shape.Causal || key <= query)
        && (shape.Window <= 0 || Math.Abs(query - key) < shape.Window)
        && (shape.Chunk <= 0 || query / shape.Chunk == key / shape.Chunk);

    /// <summary>Where the rows of a KV head stand, up to a position that is not yet stored.</summary>
    private static int[] Positions(KvLayer layer, int kvHead, int length)
    {
        KvGroup group = layer.GroupOf(kvHead);
        return group.IsMapped ? [.. group.Positions.ToArray().Where(position => position < length)] : [.. Enumerable.Range(0, length)];
    }

    private static double[] Softmax(AttentionShape shape, KvLayer layer, int head, ReadOnlySpan<float> query, int[] rows)
    {
        double[] weights = new double[rows.Length];
        float[] key = new float[shape.HeadDimension];
        for (int i = 0; i < rows.Length; i++)
        {
            ReferenceRow.Decode(layer.Layout.KeyType, KeyAndValue(layer, head / shape.GroupSize, rows[i])[..layer.Layout.KeyBytes], key);
            double score = Dot(query, key) * shape.Scale;
            weights[i] = shape.SoftCap > 0 ? shape.SoftCap * Math.Tanh(score / shape.SoftCap) : score;
        }

        double sink = shape.Sinks is { } sinks ? Row(sinks, 0)[head] : double.NegativeInfinity;
        double largest = weights.Append(sink).Max();
        double sum = weights.Append(sink).Sum(score => Math.Exp(score - largest));
        return Array.ConvertAll(weights, score => Math.Exp(score - largest) / sum);
    }

    private static void WeightedValues(KvLayer layer, int kvHead, int[] rows, double[] weights, Span<float> output)
    {
        double[] sum = new double[output.Length];
        float[] value = new float[output.Length];
        for (int i = 0; i < rows.Length; i++)
        {
            ReferenceRow.Decode(layer.Layout.ValueType, KeyAndValue(layer, kvHead, rows[i])[layer.Layout.KeyBytes..], value);
            for (int j = 0; j < sum.Length; j++)
            {
                sum[j] += weights[i] * value[j];
            }
        }

        for (int j = 0; j < sum.Length; j++)
        {
            output[j] = (float)sum[j];
        }
    }

    private static void Clear(Matrix? mass)
    {
        for (int head = 0; mass is { } m && head < m.Rows; head++)
        {
            Row(m, head).Clear();
        }
    }

    private static void AddMass(Matrix? mass, int head, int[] rows, double[] weights, int queries)
    {
        for (int i = 0; mass is { } m && i < rows.Length; i++)
        {
            Row(m, head)[rows[i]] += (float)(weights[i] / queries);
        }
    }

    private static Span<float> Head(Matrix rows, int t, int head, int dimension) => Row(rows, t).Slice(head * dimension, dimension);

    private static Span<byte> KeyAndValue(KvLayer layer, int kvHead, int row)
    {
        KvGroup group = layer.GroupOf(kvHead);
        KvPage page = group.Pages[row / KvLayout.PageTokens];
        int offset = (int)group.Layout.RowOffset(kvHead - group.FirstHead, row % KvLayout.PageTokens);
        return ReferenceBuffer.Page(page, group.Layout).Slice(offset, group.Layout.TokenBytes);
    }
}
